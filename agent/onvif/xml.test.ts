import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorKind } from '../base/errors.ts'
import { escapeXml, parseXml } from './xml.ts'

test('names are local names, whether their prefix is declared or not', () => {
  const xml = parseXml('<s:Envelope><s:Body><tad:A token=" t ">1</tad:A><b:A>2</b:A></s:Body></s:Envelope>')
  const body = xml.one('Envelope', 'Body')
  assert.deepEqual(
    body?.all('A').map((each) => each.text),
    ['1', '2'],
  )
  assert.equal(body?.one('A')?.attribute('token'), ' t ')
  assert.equal(xml.find('A')?.text, '1')
})

test('text is exact, but for the line breaks of a pretty printer', () => {
  const xml = parseXml(
    '<r><a> 007 </a><b>\n  2.10\n</b><c>&lt;&#65;&#x42;&amp;amp;&unknown;</c><d><![CDATA[<e>]]></d><f/></r>',
  )
  const text = (name: string) => xml.textOf('r', name)
  assert.deepEqual(['a', 'b', 'c', 'd', 'f', 'g'].map(text), [' 007 ', '2.10', '<AB&amp;&unknown;', '<e>', '', ''])
})

test("an entity that a DOCTYPE declares is not expanded, and a prototype's members are no children", () => {
  const xml = parseXml('<!DOCTYPE r [<!ENTITY e "boo">]><r><a>&e;</a></r>')
  assert.equal(xml.textOf('r', 'a'), '&e;')
  assert.equal(xml.one('r', 'constructor'), undefined)
})

test('what is put into a request cannot leave its element', () => {
  const nasty = `</Token><x a="b" c='d'>&`
  assert.equal(parseXml(`<r>${escapeXml(nasty)}</r>`).textOf('r'), nasty)
})

// At the size that is let through. Alone each takes below 0.2 s; where a pattern backtracks it is a minute.
const hostile: Record<string, string> = {
  nesting: '<a>'.repeat(87_000),
  'open tags': '<a '.repeat(87_000),
  attributes: `<a ${'b="c" '.repeat(43_000)}/>`,
  blanks: `<a>${' '.repeat(262_000)}</a>`,
  'blanks and line breaks': `<a>${'\n '.repeat(131_000)}x</a>`,
  'unclosed comments': '<!--'.repeat(65_000),
  'closing tags': '</a>'.repeat(65_000),
  ampersands: `<a>${'&'.repeat(262_000)}</a>`,
  'flat elements': '<a/>'.repeat(65_000),
  'declared entities': `<!DOCTYPE a [${'<!ENTITY x "y">'.repeat(17_000)}]><a/>`,
  'name spaces': 'xmlns'.repeat(52_000),
}

for (const [name, text] of Object.entries(hostile)) {
  test(`256 KB of ${name} does not hold the process up`, () => {
    const { user } = process.cpuUsage()
    try {
      parseXml(text).textOf('a')
    } catch (error) {
      assert.equal(errorKind(error), 'invalid')
    }
    assert.ok(process.cpuUsage().user - user < 3_000_000)
  })
}
