import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { systemClock } from '../../agent/base/clock.ts'
import { newId } from '../../agent/base/ids.ts'
import { silentLogger } from '../../agent/base/logger.ts'
import { Secret } from '../../agent/base/secret.ts'
import { openStateDatabase } from '../../agent/cli/state.ts'
import { Cap } from '../../agent/consent/cap.ts'
import { Consent } from '../../agent/consent/consent.ts'
import { proxy } from '../../agent/egress/bed.test.ts'
import { Egress } from '../../agent/egress/egress.ts'
import { GrantMessage, importPublicKey } from '../../agent/protocol/grant.ts'
import { claimBox, newFolder, setUp, start } from '../../cloud-bridge/cli/bed.test.ts'
import { until } from '../harness/until.ts'

const run = promisify(execFile)
const MB = 1024 * 1024
const MOUNT_AND_RUN = 'mount -t tmpfs -o size=16m tmpfs "$1" && exec "$2" "$3" "$1"'

/** What the program on the small disk says of each way to revoke; see there. */
async function onSmallDisk(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-small-disk-'))
  const program = join(import.meta.dirname, 'on-small-disk.ts')
  try {
    const args = ['-rm', 'sh', '-c', MOUNT_AND_RUN, 'sh', folder, process.execPath, program]
    const { stdout } = await run('unshare', args, { timeout: 120_000 })
    return JSON.parse(stdout)
  } catch (error) {
    throw new Error('This test needs "unshare -rm": run it as root, or allow unprivileged user namespaces', {
      cause: error,
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('permission that is taken away', () => {
  it('on a full disk is gone at once and stays gone after a restart, and so is what waited', async () => {
    const nothing = { media: 0, allowed: false }
    const expected = { queuedBefore: 3, trouble: '', left: nothing, afterRestart: nothing }
    assert.deepEqual(await onSmallDisk(), { byOwner: expected, byCap: expected })
  })

  it('by the program needs no agent that runs, nor a bridge that answers', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lenscap-cap-'))
    const config = join(folder, 'agent.yaml')
    writeFileSync(config, `bridge: http://127.0.0.1:1\nname: box\nstateDir: ${join(folder, 'state')}\n`)
    const program = join(import.meta.dirname, '../../agent/cli/main.ts')
    await run(process.execPath, [program, 'cap', 'on', '--config', config])
    assert.equal(new Cap(join(folder, 'state')).isOn(), true)
    await run(process.execPath, [program, 'cap', 'off', '--config', config])
    assert.equal(new Cap(join(folder, 'state')).isOn(), false)
  })

  it('in mid-transfer leaves nothing of it: not on the line, not on the box, not on the bridge', async (t) => {
    const data = newFolder()
    const bridge = await start(t, data)
    const owner = await setUp(bridge)
    const box = await claimBox(bridge, owner)
    const mqtt = await box.connect(t)
    await mqtt.subscribe()
    await mqtt.tellCamera()
    const { line, bridgeUrl } = await proxy(t, Number(new URL(bridge.httpUrl).port))

    const stateDir = mkdtempSync(join(tmpdir(), 'lenscap-box-'))
    const db = openStateDatabase(join(stateDir, 'state.db'))
    const { agent, account, token, grantKey } = box.claimed
    const pins = { agent, account, grantKey: importPublicKey(grantKey) }
    const clock = systemClock
    const consent = new Consent({ db, pins, cap: new Cap(stateDir), clock, onChange: () => {} })
    const egress = new Egress({
      stateDir,
      grantFor: (camera, kind) => consent.grant(camera, kind),
      target: { bridgeUrl, agent, token: new Secret(token) },
      clock,
      random: Math.random,
      logger: silentLogger,
      onActivity: () => {},
      limits: { chunkBytes: 64 * MB },
    })
    const stop = new AbortController()
    const running = egress.run(stop.signal)
    t.after(async () => {
      stop.abort()
      await running
      egress[Symbol.dispose]()
      consent[Symbol.dispose]()
      db.close()
    })
    // As the transport would hand it on, the moment that it comes.
    mqtt.client.on('message', (topic, payload) => {
      if (topic.endsWith('/grant')) consent.accept(GrantMessage.parse(JSON.parse(String(payload))).grant)
    })
    const allow = (...kinds: string[]) => owner.api('PUT', `/cameras/${box.camera}/consent`, { kinds })
    await allow('clip')
    const grant = await until('the box may', async () => consent.grant(box.camera, 'clip'))

    const content = randomBytes(16 * MB)
    const path = join(stateDir, 'made')
    writeFileSync(path, content)
    const sha256 = createHash('sha256').update(content).digest('hex')
    const facts = { camera: box.camera, kind: 'clip', contentType: 'video/mp4', reason: 'motion' } as const
    const item = { ...facts, item: newId(), path, bytes: content.length, sha256, takenAt: Date.now(), durationMs: 1000 }
    line.holdAfter = 2 * MB
    await egress.enqueue(grant, item)
    const partial = () => readdirSync(join(data, 'uploads')).map((name) => statSync(join(data, 'uploads', name)).size)
    await until('a part of it is on the bridge', async () => partial().some((size) => size > MB))
    await allow()
    assert.deepEqual(partial(), [], 'the bridge has erased its part when it answers the owner')
    await until('the box has erased it', async () => readdirSync(join(stateDir, 'media-queue')).length === 0)
    line.goOn()
    await until('the connection is gone', async () => line.open === 0)
    assert.deepEqual(partial(), [], 'and nothing came after')
    assert.equal(egress.ledger.last()?.outcome, 'cut')
    assert.equal((await owner.overview()).totals.mediaItems, 0)
  })
})
