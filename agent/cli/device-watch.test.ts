import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import { Inventory } from '../inventory/inventory.ts'
import { INVENTORY_TABLES } from '../inventory/tables.ts'
import type { HealthFacts } from '../protocol/camera.ts'
import { DeviceWatch } from './device-watch.ts'
import { soapCamera } from './testing.ts'

describe('DeviceWatch', () => {
  it('watches a device once, goes on where news is not taken, and ends with its signal', async () => {
    await using camera = await soapCamera()
    const db = openDatabase(':memory:', [INVENTORY_TABLES])
    const inventory = new Inventory({ db, credentials: [], clock: systemClock })
    const stop = new AbortController()
    for await (const _ of inventory.refresh([camera.sighting], stop.signal));
    const [handle] = inventory.devices()
    assert.ok(handle)
    const errors: string[] = []
    const told: HealthFacts[] = []
    const seen = Promise.withResolvers<void>()
    const ignore = () => {}
    const watch = new DeviceWatch({
      clock: systemClock,
      random: () => 0,
      logger: { debug: ignore, info: ignore, warn: ignore, error: (_, message) => errors.push(message) },
      signal: stop.signal,
      heard: { lastOf: () => undefined, note: ignore },
      onEvent: ignore,
      onHealth: (_, health) => {
        told.push(health)
        if (told.length === 1) throw new Error('the disk is full')
        seen.resolve()
      },
    })
    watch.add(handle)
    watch.add(handle)
    watch.stream(handle.id, 'cameraaaaaaaaaaa', new Error('the picture is gone'))
    watch.stream(handle.id, 'cameraaaaaaaaaaa')
    await seen.promise
    stop.abort()
    await watch.ended()
    assert.deepEqual(errors, ['What a device said could not be taken'])
    watch.add({ ...handle, id: 'anotheraaaaaaaaa' })
    await watch.ended()
  })
})
