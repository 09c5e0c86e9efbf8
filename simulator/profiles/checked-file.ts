import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'

const CHARACTERS_MAX = 262_144

/** A file that a person wrote, parsed and checked, that knows where its parts stand. */
export interface CheckedFile<Value> {
  readonly value: Value
  /** Says what is wrong with the part at that path, with file and line. */
  readonly complain: (path: readonly PropertyKey[], what: string) => RangeError
}

/** Reads YAML, or JSON, which is YAML too. Throws RangeError that names file and line and says what is wrong there. */
export function readChecked<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
  charactersMax = CHARACTERS_MAX,
): CheckedFile<z.output<Schema>> {
  if (text.length > charactersMax) throw new RangeError(`${file} is longer than ${charactersMax} characters`)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [fault] = document.errors
  if (fault) throw new RangeError(`${file}:${lines.linePos(fault.pos[0]).line}: ${fault.message}`)
  const complain = (path: readonly PropertyKey[], what: string) =>
    new RangeError(`${file}:${lineOf(document, lines, path)}: ${what}`)
  const { success, data, error } = schema.safeParse(document.toJS({ maxAliasCount: 50 }))
  if (success) return { value: data, complain }
  const [issue] = error.issues
  if (!issue) throw new RangeError(`${file} can't be used`)
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path
  const where = issue.path.length > 0 ? `${issue.path.map(String).join('.')}: ` : ''
  throw complain(path, `${where}${issue.message}`)
}

/** The line of a part; of what holds it, where it isn't there itself. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const holder = document.getIn(path.slice(0, depth - 1), true)
    const key = path[depth - 1]
    const pair = isMap(holder) ? holder.items.find((item) => String(item.key) === String(key)) : undefined
    const node = pair ? pair.key : document.getIn(path.slice(0, depth), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}
