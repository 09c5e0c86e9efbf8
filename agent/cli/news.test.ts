import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import type { Sighting } from '../discovery/sighting.ts'
import { Inventory } from '../inventory/inventory.ts'
import { INVENTORY_TABLES } from '../inventory/tables.ts'
import { newsIn } from './news.ts'
import { soapCamera } from './testing.ts'

const never = new AbortController().signal

/** What of these sightings is news to a box that has read this camera before. */
async function newsTo(inventory: Inventory, sightings: readonly Sighting[]): Promise<Sighting[]> {
  async function* each() {
    yield* sightings
  }
  const news: Sighting[] = []
  for await (const sighting of newsIn(each(), inventory)) news.push(sighting)
  return news
}

async function boxThatRead(sighting: Sighting) {
  const db = openDatabase(':memory:', [INVENTORY_TABLES])
  const inventory = new Inventory({ db, credentials: [], clock: systemClock })
  for await (const _ of inventory.refresh([sighting], never));
  return inventory
}

describe('news', () => {
  it('is every device that was not read yet', async () => {
    await using camera = await soapCamera()
    const empty = new Inventory({
      db: openDatabase(':memory:', [INVENTORY_TABLES]),
      credentials: [],
      clock: systemClock,
    })
    assert.deepEqual(await newsTo(empty, [camera.sighting]), [camera.sighting])
  })

  it('is no device that is in its place and well, but one at another place or of another mark', async () => {
    await using camera = await soapCamera()
    const inventory = await boxThatRead(camera.sighting)
    const moved = { ...camera.sighting, address: '127.0.0.9' }
    const other = { ...camera.sighting, endpoint: 'urn:uuid:00000000-1111-2222-3333-444444444444' }
    const nameless = { ...camera.sighting, endpoint: '' }
    assert.deepEqual(await newsTo(inventory, [camera.sighting, moved, other, nameless]), [moved, other])
  })

  it('is a device in its place that could not be signed in to', async () => {
    await using camera = await soapCamera({ closed: true })
    const inventory = await boxThatRead(camera.sighting)
    assert.deepEqual(await newsTo(inventory, [camera.sighting]), [camera.sighting])
  })
})
