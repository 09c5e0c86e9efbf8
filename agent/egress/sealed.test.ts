import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { newId } from '../base/ids.ts'
import { box, bridge, until } from './bed.test.ts'
import { openEgressDatabase } from './egress.ts'

describe('the queue', () => {
  it('queues nothing that could be read on the box: a canary is in no file of it', async (t) => {
    const { allow, enqueue, stateDir } = box(t, 'http://127.0.0.1:1')
    allow(1, ['clip'])
    const canary = Buffer.from(`canary-${newId(24)}`)
    const content = Buffer.concat([randomBytes(70_000), canary, randomBytes(70_000)])
    writeFileSync(join(stateDir, 'control'), content)
    await enqueue('clip', content.length, 1, content)
    const files = readdirSync(stateDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    assert.ok(files.some((file) => file.includes('media-queue')))
    const holding = files.filter((file) => readFileSync(file).includes(canary))
    assert.deepEqual(holding, [join(stateDir, 'control')], 'found where it is, and nowhere else')
  })

  it('takes nothing where there is nobody to encrypt for, or somebody that it can\u2019t encrypt for', async (t) => {
    const { bridgeUrl, seen } = await bridge(t)
    const { allow, enqueue, files, stateDir } = box(t, bridgeUrl)
    allow(1, ['snapshot'], { recipients: [] })
    await assert.rejects(enqueue('snapshot', 1000), { kind: 'unsupported' })
    allow(2, ['snapshot'], { recipients: ['age1pq1somethingnewer'] })
    await assert.rejects(enqueue('snapshot', 1000), { kind: 'unsupported' })
    assert.deepEqual([files(), seen.requests], [[], 0])
    assert.deepEqual(
      readdirSync(stateDir).filter((name) => name.startsWith('made-')),
      [],
      'what was taken is not kept',
    )
  })

  it('deletes what an earlier release had queued without encryption, and says so', async (t) => {
    const { bridgeUrl, seen } = await bridge(t)
    const first = box(t, bridgeUrl)
    first.allow(1, ['clip'])
    await first.enqueue('clip', 1000)
    await first.end()
    const db = openEgressDatabase(first.stateDir)
    db.exec('UPDATE item SET envelope = NULL')
    db.close()
    const { start, activities, files } = box(t, bridgeUrl, {}, { stateDir: first.stateDir })
    start()
    await until('it is told', () => activities.length === 1)
    assert.match(activities[0]?.message ?? '', /1 items .* without encryption were deleted/)
    assert.deepEqual([files(), seen.requests], [[], 0])
  })
})
