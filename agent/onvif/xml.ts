import { LenscapError } from '../base/errors.ts'
import { attributeIn, type Element, parseTree } from './xml-tree.ts'

/**
 * One element of a reply, read without believing that anything is there. Names are local names. Strings stay strings: a
 * serial of twenty digits, or a firmware 2.10, is text. Of entities, XML's own five and character references are resolved
 * only: what a DOCTYPE declares is never expanded.
 */
export class Xml {
  readonly #element: Element

  constructor(element: Element) {
    this.#element = element
  }

  /** All children of that name, in order. */
  all(name: string): Xml[] {
    return this.#element.children.filter((child) => child.name === name).map((child) => new Xml(child))
  }

  /** The first child of that name; a path walks down first children. */
  one(...path: readonly string[]): Xml | undefined {
    const found = path.reduce<Element | undefined>(
      (element, name) => element?.children.find((child) => child.name === name),
      this.#element,
    )
    return found && new Xml(found)
  }

  /** The first element of that name anywhere below, nearest first. */
  find(name: string): Xml | undefined {
    let level: readonly Element[] = [this.#element]
    while (level.length > 0) {
      level = level.flatMap(({ children }) => children)
      const found = level.find((element) => element.name === name)
      if (found) return new Xml(found)
    }
    return undefined
  }

  /** Names of the children. */
  names(): string[] {
    return [...new Set(this.#element.children.map((child) => child.name))]
  }

  /** The element's own text, exact but for line breaks that a pretty printer put round it. */
  get text(): string {
    return ownCopy(decode(withoutLayout(this.#element.text)))
  }

  /** Text of the first element along a path; empty where there is none. */
  textOf(...path: readonly string[]): string {
    return this.one(...path)?.text ?? ''
  }

  attribute(name: string): string | undefined {
    const value = attributeIn(this.#element.attributes, name)
    return value === undefined ? undefined : ownCopy(decode(value))
  }
}

/** @throws LenscapError `invalid` when the text can't be read as XML, or nests deeper than any camera's reply */
export function parseXml(text: string): Xml {
  try {
    return new Xml(parseTree(text))
  } catch (cause) {
    throw new LenscapError('invalid', 'The reply is not XML', { characters: text.length }, cause)
  }
}

/** A part of a text holds on to the whole of it: what is kept of a reply must not keep the reply. */
const ownCopy = (text: string): string => ` ${text}`.slice(1)

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
