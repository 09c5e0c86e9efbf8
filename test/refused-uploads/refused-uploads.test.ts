import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { DEVICE_PATHS } from '../../agent/protocol/claim.ts'
import { addNeighbour, claimBox, grantOf, newFolder, setUp, start } from '../../cloud-bridge/cli/bed.test.ts'
import { readRows } from '../harness/box.ts'
import { type Attempt, bearer, honest, type Scene, WRONGS } from './wrongs.ts'

const RUNS = 250
const SEED = 20_261_124

/** Sends it as tus would, one piece at once. What the bridge said at the beginning, and at the end. */
async function send(httpUrl: string, attempt: Attempt): Promise<{ readonly created: number; readonly ended: number }> {
  const { metadata, bytes, length, authorization } = attempt
  const common = { 'tus-resumable': '1.0.0', ...(authorization && { authorization }) }
  const said = Object.entries(metadata).map(
    ([name, value]) => `${name} ${Buffer.from(String(value)).toString('base64')}`,
  )
  const created = await fetch(new URL(DEVICE_PATHS.uploads, httpUrl), {
    method: 'POST',
    headers: { ...common, 'upload-length': String(length), 'upload-metadata': said.join(',') },
  })
  await created.arrayBuffer()
  if (created.status !== 201) return { created: created.status, ended: created.status }
  const address = new URL(created.headers.get('location') ?? '', httpUrl)
  const patched = await fetch(address, {
    method: 'PATCH',
    headers: { ...common, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: bytes,
  })
  await patched.arrayBuffer()
  if (patched.status === 413) {
    // Nothing of it was taken: an address without a byte may be sent to again, until the box lets it go.
    const { headers } = await fetch(address, { method: 'HEAD', headers: common })
    assert.equal(headers.get('upload-offset'), '0')
    await fetch(address, { method: 'DELETE', headers: common })
  }
  return { created: 201, ended: patched.status }
}

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())

test('an upload that is wrong in any way is refused, and leaves nothing', { timeout: 120_000 }, async (t) => {
  const data = newFolder()
  const bridge = await start(t, data)
  const owner = await setUp(bridge)
  const neighbour = await addNeighbour(bridge, data)
  const people = [owner, owner, neighbour]
  const boxes = await Promise.all(people.map((whose) => claimBox(bridge, whose)))
  const lines = await Promise.all(boxes.map((box) => box.connect(t)))
  for (const line of lines) {
    await line.subscribe()
    await line.tellCamera()
  }
  const [box, sister, foreign] = boxes
  const [line] = lines
  assert.ok(box && sister && foreign && line)
  const turn = (who: typeof owner, camera: string, kinds: string[]) =>
    who.api('PUT', `/cameras/${camera}/consent`, { kinds })
  for (const kinds of [['snapshot', 'clip'], [], ['snapshot']]) await turn(owner, box.camera, kinds)
  await turn(owner, sister.camera, ['snapshot', 'clip'])
  await turn(neighbour, foreign.camera, ['snapshot', 'clip'])
  const { recipients } = grantOf((await line.grant(3)).json)
  const scene: Scene = { box, sister, neighbour: foreign, recipients, olderSerials: [1, 2] }
  const picture = () => box.picture({ grantSerial: 3 }, 3000)
  const held = () => ({ media: filesIn(join(data, 'media')).length, uploads: filesIn(join(data, 'uploads')).length })
  const rows = (sql: string) => Number(readRows(join(data, 'bridge.db'), sql)[0]?.['n'])
  const refused = (agent: string) => rows(`SELECT refused_uploads AS n FROM agents WHERE id = '${agent}'`)
  const whoAsks = ({ authorization }: Attempt) => boxes.find((each) => authorization === bearer(each))

  assert.deepEqual(await send(bridge.httpUrl, await honest(scene, picture())), { created: 201, ended: 204 })
  const statuses = new Map<number, number>()
  // Three wrongs might make a right: the sister's token, camera and serial.
  const wrongs = fc.uniqueArray(fc.constantFrom(...Object.keys(WRONGS)), { minLength: 1, maxLength: 2 })
  const property = fc.asyncProperty(wrongs, fc.double({ min: 0, max: 0.999, noNaN: true }), async (names, at) => {
    const attempt = await honest(scene, picture())
    for (const name of names) await WRONGS[name]?.(attempt, scene, at)
    const asking = whoAsks(attempt)
    const before = asking ? refused(asking.agent) : 0
    const { created, ended } = await send(bridge.httpUrl, attempt)
    statuses.set(ended, (statuses.get(ended) ?? 0) + 1)
    assert.ok(ended >= 400 && ended < 500, `${created}, ${ended}`)
    assert.deepEqual(held(), { media: 1, uploads: 0 }, `${created}, ${ended}`)
    assert.equal(rows('SELECT count(*) AS n FROM items'), 1)
    assert.equal(rows('SELECT count(*) AS n FROM uploads WHERE done = 0'), 0)
    assert.equal(rows('SELECT count(*) AS n FROM receipts'), 1)
    // Permission is asked before the first byte: what it does not cover never gets an address to send to.
    if (ended === 403) assert.deepEqual([created, asking && refused(asking.agent)], [403, before + 1])
  })
  // What one leaves behind the next would find: no smaller case is looked for.
  await fc.assert(property, { numRuns: RUNS, seed: SEED, endOnFailure: true })

  const short = await honest(scene, picture())
  short.length -= 1
  assert.deepEqual(await send(bridge.httpUrl, short), { created: 400, ended: 400 }, 'refused before a byte came')
  t.diagnostic([...statuses].map(([status, times]) => `${status}: ${times}`).join(', '))
  assert.ok((statuses.get(403) ?? 0) > RUNS / 10 && (statuses.get(401) ?? 0) > RUNS / 50)
  const told = (await owner.overview()).activity.filter(({ kind }) => kind === 'upload-refused')
  assert.ok(
    told.some(({ message }) => message.includes('snapshot')) && told.some(({ agent }) => agent === sister.agent),
  )
  const theirs = (await neighbour.overview()).activity.filter(({ kind }) => kind === 'upload-refused')
  assert.ok(theirs.length > 0 && theirs.every(({ agent }) => agent === foreign.agent), 'and nobody is told of others')
  assert.deepEqual(await send(bridge.httpUrl, await honest(scene, picture())), { created: 201, ended: 204 })
})
