import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { attributeIn, parseTree } from './xml-tree.ts'

test('tags may hold anything in quotes, in either kind, over several lines', () => {
  const [a] = parseTree(`<p:a x = "1>2" p:y='"' \n z="</a>">t</p:a>`).children
  assert.deepEqual([a?.name, a?.text], ['a', 't'])
  const value = (name: string) => attributeIn(a?.attributes ?? '', name)
  assert.deepEqual(['x', 'y', 'z', 'p'].map(value), ['1>2', '"', '</a>', undefined])
})

test('comments, instructions, declarations and what a DOCTYPE declares are nothing; CDATA is text to the letter', () => {
  const text =
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e "<b>">\n] ><!-- <b> --><a>1<!-- > -->2<![CDATA[<&amp;]]></a>'
  const [a, ...others] = parseTree(text).children
  assert.deepEqual([a?.name, a?.text, a?.children.length, others.length], ['a', '12<&amp;amp;', 0, 0])
})

test('what is not closed ends with its parent, and a stray end is no end of anything', () => {
  const [a] = parseTree('<a><b><c>1</b></x><d/>2</a>').children
  assert.deepEqual(
    a?.children.map(({ name }) => name),
    ['b', 'd'],
  )
  assert.equal(a?.children[0]?.children[0]?.text, '1')
  assert.equal(a?.text, '2')
})

test('what begins and never ends is an error, and so is what nests too deep', () => {
  for (const text of [
    '<',
    '<a',
    '<a b="',
    '<!-- ',
    '<a><![CDATA[ ',
    '<?xml ',
    '</a',
    '<!DOCTYPE a [',
    '<a>'.repeat(41),
  ])
    assert.throws(() => parseTree(text), text)
})

test('a text without any element holds none', () => {
  for (const text of ['', 'no envelope', '<!-- -->']) assert.deepEqual(parseTree(text).children, [])
})

// The parser that was here before, on all that is well formed.
const other = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#text',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  alwaysCreateTextNode: true,
  preserveOrder: true,
})

interface Tree {
  readonly tag: string
  readonly attributes: readonly { readonly name: string; readonly value: string }[]
  readonly inside: readonly (Tree | string)[]
}

const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019'), minLength: 1, maxLength: 6 }).map((text) => `n${text}`)
const plain = fc.string({ unit: fc.constantFrom(...'ab 0.\n\'"/=&;:é漢-]'), maxLength: 12 })
const { tree } = fc.letrec<{ tree: Tree; text: string }>((tie) => ({
  text: plain,
  tree: fc.record({
    tag: word,
    attributes: fc.uniqueArray(fc.record({ name: word, value: plain }), { selector: ({ name }) => name, maxLength: 3 }),
    inside: fc.array(fc.oneof({ depthSize: 'small', maxDepth: 5 }, tie('text'), tie('tree')), { maxLength: 4 }),
  }),
}))

const written = ({ tag, attributes, inside }: Tree): string => {
  const said = attributes.map(({ name, value }) => ` ${name}='${value.replaceAll("'", '')}'`).join('')
  const body = inside.map((each) => (typeof each === 'string' ? each : written(each))).join('')
  return body === '' ? `<${tag}${said}/>` : `<p:${tag}${said}>${body}</p:${tag}>`
}

type Seen = readonly [name: string, text: string, children: readonly Seen[]]

const seen = ({ name, text, children }: ReturnType<typeof parseTree>): Seen => [name, text, children.map(seen)]

function seenByOther(nodes: readonly Record<string, unknown>[]): Seen[] {
  return nodes.flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== ':@' && key !== '#text')
    const inside = name === undefined ? undefined : node[name]
    if (name === undefined || !Array.isArray(inside)) return []
    const text = inside.map((each: Record<string, unknown>) => String(each['#text'] ?? '')).join('')
    return [[name, text, seenByOther(inside)] as const]
  })
}

test('for any well-formed text: the same is read as the package reads', () => {
  fc.assert(
    fc.property(tree, (made) => {
      const text = written(made)
      assert.deepEqual(parseTree(text).children.map(seen), seenByOther(other.parse(text)))
      const [root] = parseTree(text).children
      for (const { name, value } of made.attributes)
        assert.equal(attributeIn(root?.attributes ?? '', name), value.replaceAll("'", ''))
    }),
    { numRuns: 2_000, seed: 4711 },
  )
})
