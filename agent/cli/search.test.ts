import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { LenscapError } from '../base/errors.ts'
import { silentLogger } from '../base/logger.ts'
import { AgentConfig } from '../config/schema.ts'
import type { CameraChange, DeviceTrouble } from '../inventory/inventory.ts'
import { Search } from './search.ts'

const { discovery } = AgentConfig.parse({ bridge: 'http://127.0.0.1:1', discovery: { multicast: false } })

/** A search over an inventory that says this each time it reads. */
function bench(news: () => AsyncGenerator<CameraChange | DeviceTrouble>) {
  const seen = { readings: 0, passes: 0, warnings: 0, troubles: 0 }
  const count = (what: keyof typeof seen) => {
    seen[what] += 1
  }
  const stop = new AbortController()
  const search = new Search({
    discovery,
    inventory: {
      devices: () => [],
      remembered: () => [],
      refresh: () => {
        count('readings')
        return news()
      },
    },
    clock: systemClock,
    logger: { ...silentLogger, warn: () => count('warnings') },
    signal: stop.signal,
    onCamera: () => {},
    onTrouble: () => count('troubles'),
    onAnnounced: () => {},
    onPass: () => count('passes'),
  })
  return { search, seen, stop }
}

describe('the search for cameras', () => {
  it('reads once for all who ask at the same time', async () => {
    const { search, seen } = bench(async function* () {})
    await Promise.all([search.readAgain(), search.readAgain()])
    assert.equal(seen.readings, 1)
    await search.readAgain()
    assert.deepEqual([seen.readings, seen.passes], [2, 2])
  })

  it('tells the same trouble of a device once, and another one again', async () => {
    let reason = 'the password is wrong'
    const { search, seen } = bench(async function* () {
      yield { kind: 'trouble', address: '192.0.2.1', port: 80, error: new LenscapError('refused', reason) }
    })
    for (let i = 0; i < 3; i++) await search.readAgain()
    assert.equal(seen.warnings, 1)
    reason = 'nothing answers'
    await search.readAgain()
    assert.deepEqual([seen.warnings, seen.troubles], [2, 4])
  })

  it('goes on after a reading that failed, and ends with its signal', async () => {
    // biome-ignore lint/correctness/useYield: it fails before it has news
    const { search, seen, stop } = bench(async function* () {
      throw new Error('the disk is full')
    })
    const running = search.run()
    while (seen.passes < 2) await systemClock.sleep(2)
    stop.abort()
    await running
    assert.ok(seen.readings >= 2)
  })
})
