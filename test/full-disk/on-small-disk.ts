import { appendFileSync, existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../agent/base/clock.ts'
import { errorKind } from '../../agent/base/errors.ts'
import { silentLogger } from '../../agent/base/logger.ts'
import { Spool } from '../../agent/spool/spool.ts'

// Runs on a disk of its own that is a few megabytes large: somebody else fills it beside a spool that has messages. Says on
// standard output what became of the spool at each step.
const [folder = ''] = process.argv.slice(2)
const path = join(folder, 'spool.db')
const filler = join(folder, 'filler')

const open = () => new Spool({ path, clock: systemClock, logger: silentLogger })

/** How many of so many messages were accepted. */
async function append(spool: Spool, count: number): Promise<number> {
  let accepted = 0
  for (let i = 0; i < count; i += 1) {
    try {
      await spool.append({ name: 'activity', body: { kind: 'agent-started', message: 'x'.repeat(400) } })
      accepted += 1
    } catch (error) {
      if (errorKind(error) !== 'storage') throw error
    }
  }
  return accepted
}

function fill(): void {
  for (let bytes = 65_536; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(bytes))
    } catch {
      // Full for pieces of that size.
    }
  }
}

const numbers = (spool: Spool) => spool.read(0, 1_000_000).map(({ seq }) => seq)

const first = open()
const before = await append(first, 500)
const hadBallast = existsSync(`${path}.ballast`)
fill()
const whileFull = await append(first, 500)
first[Symbol.dispose]()
fill()
const spool = open()
const afterRestart = await append(spool, 100)
const heldFull = numbers(spool)
const { dropped } = spool.depth()
const half = Math.floor(((heldFull.at(0) ?? 0) + (heldFull.at(-1) ?? 0)) / 2)
spool.trim(spool.stream, half)
const trimmedTo = spool.oldest()
spool.trim(spool.stream, spool.newest)
const left = spool.depth().messages
rmSync(filler)
const afterwards = await append(spool, 100)
spool.trim(spool.stream, half)
const held = numbers(spool)
process.stdout.write(
  `${JSON.stringify({ before, hadBallast, whileFull, afterRestart, heldFull: heldFull.length, firstHeld: heldFull.at(0), isWhole: isWhole(heldFull), dropped, half, trimmedTo, left, afterwards, held: held.length, hasBallast: existsSync(`${path}.ballast`), fileBytes: statSync(path).size })}\n`,
)

/** Without a number missing between the first and the last. */
function isWhole(list: readonly number[]): boolean {
  return list.every((number, index) => number === (list[0] ?? 0) + index)
}
