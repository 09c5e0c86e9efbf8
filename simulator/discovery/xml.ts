import { SaxesParser } from 'saxes'

/** One element of a request, with its namespace resolved. */
export interface XmlElement {
  readonly local: string
  readonly namespace: string
  readonly children: readonly XmlElement[]
  /** The text directly inside, trimmed. */
  readonly text: string
  readonly attributes: Readonly<Record<string, string>>
  /** The prefixes in force here that this element itself declares. */
  readonly prefixes: Readonly<Record<string, string>>
}

class XmlError extends Error {
  override readonly name = 'XmlError'
}

const DEPTH_MAX = 32
const ELEMENTS_MAX = 2000

interface Open {
  local: string
  namespace: string
  children: Open[]
  text: string
  attributes: Record<string, string>
  prefixes: Record<string, string>
}

/** Parses a whole document, strictly. Throws XmlError on ill-formed text, a document type, or too deep or many elements. */
export function parseXml(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true })
  const open: Open[] = []
  let root: Open | undefined
  let elements = 0
  const fail = (why: string): never => {
    throw new XmlError(why)
  }
  parser.on('error', (error) => fail(error.message))
  parser.on('doctype', () => fail('a document type is not allowed in SOAP'))
  parser.on('opentag', (tag) => {
    if (++elements > ELEMENTS_MAX || open.length >= DEPTH_MAX) fail('too many elements')
    const attributes: Record<string, string> = {}
    for (const attribute of Object.values(tag.attributes)) attributes[attribute.local] = attribute.value
    const element = { local: tag.local, namespace: tag.uri, children: [], text: '', attributes, prefixes: tag.ns }
    const parent = open.at(-1)
    if (parent) parent.children.push(element)
    else root = element
    open.push(element)
  })
  parser.on('text', (chunk) => {
    const element = open.at(-1)
    if (element) element.text += chunk
  })
  parser.on('cdata', (chunk) => {
    const element = open.at(-1)
    if (element) element.text += chunk
  })
  parser.on('closetag', () => {
    const element = open.pop()
    if (element) element.text = element.text.trim()
  })
  parser.write(text).close()
  return root ?? fail('no element')
}

/** The first child of that name, in any namespace: cameras don't look closely. */
export function child(element: XmlElement | undefined, local: string): XmlElement | undefined {
  return element?.children.find((candidate) => candidate.local === local)
}

/** Follows child names downwards. */
export function descend(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce(child, element)
}

/** Writes text so that it may stand in an element or an attribute. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
