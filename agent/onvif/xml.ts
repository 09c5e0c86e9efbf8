import { XMLParser } from 'fast-xml-parser'
import { LenscapError } from '../base/errors.ts'

/** Deeper replies are not a camera's. */
const DEPTH_MAX = 40

const TEXT = '#text'
const ATTRIBUTE = '@'

// Numbers stay strings: a serial of twenty digits, or a firmware 2.10, is text. Entities are decoded below, the five of
// XML and character references only: what a DOCTYPE declares is never expanded. Prefixes are dropped undeclared or not.
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE,
  textNodeName: TEXT,
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: DEPTH_MAX,
})

/** One element of a reply, read without believing that anything is there. Names are local names. */
export class Xml {
  readonly #value: unknown

  constructor(value: unknown) {
    this.#value = value
  }

  /** All children of that name, in order. */
  all(name: string): Xml[] {
    const value = this.#member(name)
    if (value === undefined) return []
    return (Array.isArray(value) ? value : [value]).map((each: unknown) => new Xml(each))
  }

  /** The first child of that name; a path walks down first children. */
  one(...path: readonly string[]): Xml | undefined {
    return path.reduce<Xml | undefined>((node, name) => node?.all(name)[0], this)
  }

  /** The first element of that name anywhere below, nearest first. */
  find(name: string): Xml | undefined {
    let level: Xml[] = [this]
    while (level.length > 0) {
      for (const node of level) {
        const found = node.all(name)[0]
        if (found) return found
      }
      level = level.flatMap((node) => node.names().flatMap((each) => node.all(each)))
    }
    return undefined
  }

  /** Names of the children. */
  names(): string[] {
    if (!isRecord(this.#value)) return []
    return Object.keys(this.#value).filter((name) => name !== TEXT && !name.startsWith(ATTRIBUTE))
  }

  /** The element's own text, exact but for line breaks that a pretty printer put round it. */
  get text(): string {
    const value = isRecord(this.#value) ? this.#value[TEXT] : this.#value
    return typeof value === 'string' ? decode(withoutLayout(value)) : ''
  }

  /** Text of the first element along a path; empty where there is none. */
  textOf(...path: readonly string[]): string {
    return this.one(...path)?.text ?? ''
  }

  attribute(name: string): string | undefined {
    const value = this.#member(`${ATTRIBUTE}${name}`)
    return typeof value === 'string' ? decode(value) : undefined
  }

  #member(name: string): unknown {
    return isRecord(this.#value) && Object.hasOwn(this.#value, name) ? this.#value[name] : undefined
  }
}

/** @throws LenscapError `invalid` when the text can't be read as XML, or nests deeper than any camera's reply */
export function parseXml(text: string): Xml {
  try {
    return new Xml(parser.parse(text))
  } catch (cause) {
    throw new LenscapError('invalid', 'The reply is not XML', { characters: text.length }, cause)
  }
}

/** For text put into a request. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decode(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED[String(name).toLowerCase()] ?? whole
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole
  })
}

/** Without blanks at an end where there is a line break among them. No pattern: those take minutes on blanks alone. */
function withoutLayout(text: string): string {
  if (!text.includes('\n')) return text
  const head = text.slice(0, text.length - text.trimStart().length)
  const tail = text.slice(text.trimEnd().length)
  const started = head.includes('\n') ? text.trimStart() : text
  return tail.includes('\n') ? started.trimEnd() : started
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
