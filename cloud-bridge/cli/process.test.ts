import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { z } from 'zod'
import { openStore } from '../store/open-store.ts'
import { Browser, claimBox, EVENT, newFolder, PASSWORD, setUp, start } from './bed.test.ts'
import type { Bridge } from './start-bridge.ts'

const MAIN = join(import.meta.dirname, 'main.ts')
const Started = z.object({ httpUrl: z.string(), mqttUrl: z.string(), setupToken: z.string().nullable() })

function program(t: TestContext, ...args: string[]): ChildProcess & { stdout: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  return child
}

/** The program as people start it, once it says where it listens. */
async function run(t: TestContext, data: string): Promise<{ child: ChildProcess; bridge: Bridge }> {
  const child = program(
    t,
    'run',
    '--data',
    data,
    '--http-port',
    '0',
    '--mqtt-port',
    '0',
    '--log-level',
    'silent',
    '--json',
  )
  const [line] = await once(child.stdout, 'data')
  const { setupToken, ...urls } = Started.parse(JSON.parse(String(line)))
  const none = async () => ({ messages: 0, mediaItems: 0, mediaBytes: 0 })
  const bridge = { ...urls, setupToken: setupToken ?? undefined, counters: none, [Symbol.asyncDispose]: async () => {} }
  return { child, bridge }
}

async function fails(t: TestContext, ...args: string[]): Promise<{ code: number; words: string }> {
  const child = program(t, ...args)
  const [words] = await Promise.all([child.stderr ? text(child.stderr) : '', once(child, 'exit')])
  return { code: child.exitCode ?? -1, words }
}

describe('the program', () => {
  it('loses nothing that was acknowledged, however it is killed, and finds its state again', async (t) => {
    const data = newFolder()
    const first = await run(t, data)
    const owner = await setUp(first.bridge)
    const box = await claimBox(first.bridge, owner)
    const line = await box.connect(t)
    let acknowledged = 0
    void (async () => {
      for (;;) {
        await line.publish('camera-event', box.numbered({ event: EVENT }), box.camera)
        acknowledged += 1
        if (acknowledged === 50) first.child.kill('SIGKILL')
      }
    })().catch(() => {})
    await once(first.child, 'exit')
    await line.client.endAsync(true)
    const second = await run(t, data)
    assert.equal(second.bridge.setupToken, undefined)
    const browser = new Browser(second.bridge.httpUrl)
    browser.cookie = owner.cookie
    const { totals, agents } = await browser.overview()
    assert.ok(acknowledged >= 50 && totals.messages >= acknowledged, `${totals.messages} of ${acknowledged}`)
    assert.equal(agents[0]?.online, false)
    const again = await box.connect(t, second.bridge.mqttUrl)
    await again.subscribe()
    await again.acked(totals.messages)
    second.child.kill('SIGTERM')
    await once(second.child, 'exit')
    assert.equal(second.child.exitCode, 0)
  })

  it('explains a taken port, a folder that it cannot write, records of a newer release and a wrong use', async (t) => {
    const data = newFolder()
    const server = createServer().listen(0, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    const address = server.address()
    const port = String(typeof address === 'object' && address ? address.port : 0)
    const taken = await fails(t, 'run', '--data', data, '--mqtt-port', port, '--http-port', '0')
    assert.deepEqual(
      [taken.code, taken.words.includes(`Port ${port} on 127.0.0.1 is taken: choose another with --mqtt-port`)],
      [1, true],
    )
    const http = await fails(t, 'run', '--data', data, '--mqtt-port', '0', '--http-port', port)
    assert.deepEqual([http.code, http.words.includes('--http-port')], [1, true])
    writeFileSync(join(data, 'file'), '')
    const folder = await fails(t, 'run', '--data', join(data, 'file', 'x'))
    assert.deepEqual([folder.code, /Can't write to the folder .* --data/.test(folder.words)], [1, true])
    const db = await openStore(join(data, 'bridge.db'))
    await sql`INSERT INTO kysely_migration VALUES ('9999-later', '2030')`.execute(db)
    await db.destroy()
    const newer = await fails(t, 'run', '--data', data, '--mqtt-port', '0', '--http-port', '0')
    assert.deepEqual([newer.code, /written by a newer release/.test(newer.words)], [1, true])
    assert.equal((await fails(t, 'run')).code, 2)
    assert.equal((await fails(t, 'run', '--bogus')).code, 2)
  })

  it('keeps no secret in its records', async (t) => {
    const data = newFolder()
    const bridge = await start(t, data)
    const { setupToken } = bridge
    const owner = await setUp(bridge)
    const box = await claimBox(bridge, owner)
    await bridge[Symbol.asyncDispose]()
    const records = readFileSync(join(data, 'bridge.db'), 'latin1')
    for (const secret of [setupToken ?? '', owner.cookie.split('=')[1] ?? '', box.claimed.token, PASSWORD]) {
      assert.ok(secret.length > 10 && !records.includes(secret))
    }
  })
})
