/** Lines of one message, and bytes: a line of a thousand characters may be four thousand bytes. */
const LINES_MAX = 100
const BYTES_MAX = 65_536

/** Cuts lines into messages. */
export function* batchesOf(lines: readonly string[]): Generator<string[]> {
  let batch: string[] = []
  let bytes = 0
  for (const line of lines) {
    const size = Buffer.byteLength(line) + 4
    if (batch.length === LINES_MAX || (batch.length > 0 && bytes + size > BYTES_MAX)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(line)
    bytes += size
  }
  if (batch.length > 0) yield batch
}
