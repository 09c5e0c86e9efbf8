/** Deeper replies are not a camera's. */
const DEPTH_MAX = 40

/** One element as it was written, its name without the prefix. */
export interface Element {
  readonly name: string
  /** As they stand in the tag. */
  readonly attributes: string
  readonly children: Element[]
  /** Its own text, its references not yet resolved. */
  text: string
}

/** The rest of a tag: what is in quotes may hold anything. Each character is looked at once, also where none fits. */
const TAG_END = /[^"'>]*(?:(?:"[^"]*"|'[^']*')[^"'>]*)*>/y
const NAME = /[^\s/>]+/y

/**
 * Reads XML without believing in it: prefixes need not be declared, what is not closed ends with its parent, and a
 * DOCTYPE declares nothing. One pass, in time that grows with the text alone.
 * @returns what holds the root; it is empty for a text without any element
 * @throws Error where one nests too deep, or something begins and never ends
 */
export function parseTree(text: string): Element {
  const root = elementOf('', '')
  const open = [root]
  // One quote that is never closed makes all others doubtful; and looking for the end of each would take squared time.
  let quotesCount = true
  let at = 0
  for (;;) {
    const parent = open.at(-1) ?? root
    const start = text.indexOf('<', at)
    if (start < 0) return root
    if (start > at) parent.text += text.slice(at, start)
    const mark = text[start + 1]
    if (mark === '/') {
      at = endOf(text, '>', start)
      close(open, localName(text.slice(start + 2, at - 1).trim()))
    } else if (mark === '!' || mark === '?') {
      at = skip(text, start, parent)
    } else {
      const end: number | undefined = quotesCount ? quotedTagEnd(text, start + 1) : undefined
      quotesCount = end !== undefined
      at = end ?? endOf(text, '>', start)
      const child = elementIn(text, start + 1, at - 1)
      parent.children.push(child)
      if (text[at - 2] !== '/') open.push(child)
      if (open.length > DEPTH_MAX) throw new Error('It nests too deep')
    }
  }
}

const elementOf = (name: string, attributes: string): Element => ({ name, attributes, children: [], text: '' })

function elementIn(text: string, start: number, end: number): Element {
  NAME.lastIndex = start
  const name = NAME.exec(text)?.[0] ?? ''
  return elementOf(localName(name), text.slice(start + name.length, end))
}

const localName = (name: string) => name.slice(name.lastIndexOf(':') + 1)

/** Up to the element of that name; one that was not open is no end of anything. */
function close(open: Element[], name: string): void {
  const index = open.findLastIndex((each) => each.name === name)
  if (index > 0) open.length = index
}

/** Behind the tag, whatever its quotes hold; undefined where they are never closed. */
function quotedTagEnd(text: string, start: number): number | undefined {
  TAG_END.lastIndex = start
  return TAG_END.test(text) ? TAG_END.lastIndex : undefined
}

/** Behind a comment, an instruction, a declaration; CDATA is text of the element around it. */
function skip(text: string, start: number, parent: Element): number {
  if (text.startsWith('<?', start)) return endOf(text, '?>', start)
  if (text.startsWith('<!--', start)) return endOf(text, '-->', start + 4)
  if (text.startsWith('<![CDATA[', start)) {
    const end = endOf(text, ']]>', start)
    parent.text += text.slice(start + 9, end - 3).replaceAll('&', '&amp;')
    return end
  }
  const end = endOf(text, '>', start)
  const subset = text.slice(start, end).indexOf('[')
  return subset < 0 ? end : endOf(text, '>', endOf(text, ']', start + subset))
}

/** The place behind it. @throws Error where there is none */
function endOf(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from)
  if (at < 0) throw new Error(`There is no ${what} to what begins`)
  return at + what.length
}

/** The value of an attribute as written, without regard to prefixes; undefined where there is none. */
export function attributeIn(attributes: string, name: string): string | undefined {
  let at = 0
  for (;;) {
    const equals = attributes.indexOf('=', at)
    if (equals < 0) return undefined
    const written = attributes.slice(at, equals).trim()
    const rest = attributes.slice(equals + 1, equals + 65)
    const quoteAt = equals + 1 + rest.length - rest.trimStart().length
    const quote = attributes[quoteAt]
    if (quote !== '"' && quote !== "'") return undefined
    const end = attributes.indexOf(quote, quoteAt + 1)
    if (end < 0) return undefined
    if (localName(written) === name) return attributes.slice(quoteAt + 1, end)
    at = end + 1
  }
}
