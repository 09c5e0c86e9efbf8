// Appends for ever and prints each number once it is acknowledged; the test kills it.
import { writeSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/logger.ts'
import { Spool } from './spool.ts'

const spool = new Spool({ path: process.argv[2] ?? '', clock: systemClock, logger: silentLogger })
for (;;) {
  const batch = Array.from({ length: 5 }, (_, i) =>
    spool.append({ name: 'activity', body: { kind: 'camera-discovered', message: `message ${i}` } }),
  )
  writeSync(1, `${Math.max(...(await Promise.all(batch)))}\n`)
}
