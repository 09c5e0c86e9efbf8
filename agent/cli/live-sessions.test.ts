import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { WebSocketServer } from 'ws'
import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import { silentLogger } from '../base/logger.ts'
import { Secret } from '../base/secret.ts'
import { LEDGER_TABLES, LEDGER_TOLD_TABLES, Ledger } from '../egress/ledger.ts'
import type { LiveAccess } from '../media/live-streams.ts'
import { CAMERA, testOwner } from '../media/testing.ts'
import { LiveSessions } from './live-sessions.ts'

const SESSION = 'sessionaaaaaaaaa'

/** Live views of a box whose bridge is nowhere, with what was asked of the rooms. */
function bed(t: TestContext, knows = true, bridgeUrl = 'http://127.0.0.1:1') {
  const owner = testOwner()
  const stop = new AbortController()
  const asked: string[] = []
  const access = { camera: CAMERA } as LiveAccess
  const sessions = new LiveSessions({
    consent: owner.consent,
    streams: {
      watch: () => {
        asked.push('watch')
        return { [Symbol.dispose]: () => asked.push('left') }
      },
    },
    access: () => {
      asked.push('access')
      return knows ? access : undefined
    },
    egress: { ledger: new Ledger(openDatabase(':memory:', [LEDGER_TABLES, LEDGER_TOLD_TABLES])) },
    target: { bridgeUrl, agent: 'agentaaaaaaaaaaa', token: new Secret('a token') },
    clock: systemClock,
    logger: silentLogger,
    signal: stop.signal,
    onActivity: () => {},
  })
  t.after(async () => {
    stop.abort()
    await sessions.ended()
    owner[Symbol.dispose]()
  })
  const order = (leaseMs = 15_000) =>
    sessions.order({ camera: CAMERA, live: { session: SESSION, quality: 'one', leaseMs } })
  return { owner, order, asked, sessions }
}

/** A bridge that takes every connection, and then hangs. */
async function hungBridge(t: TestContext): Promise<string> {
  const http = createServer()
  const server = new WebSocketServer({ server: http })
  await once(http.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    for (const client of server.clients) client.terminate()
    http.close()
  })
  const address = http.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

describe('live views that the bridge asks for', () => {
  it('are refused without a grant for them, before anything else is asked or dialled', (t) => {
    const { owner, order, asked } = bed(t)
    owner.allow('snapshot', 'clip')
    assert.deepEqual([order().ok, order().reason], [false, 'no-consent'])
    assert.deepEqual(asked, [])
  })

  it('are refused of cameras that the box does not know, and where nothing is named', (t) => {
    const { owner, order, sessions } = bed(t, false)
    owner.allow('live')
    assert.equal(order().reason, 'camera')
    assert.equal(sessions.order({ camera: CAMERA }).ok, false)
  })

  it('of which one was never begun are ended without a word', (t) => {
    const { order, asked } = bed(t)
    assert.equal(order(0).ok, true)
    assert.deepEqual(asked, [])
  })

  it('end when nobody renews them, as where the bridge hangs', async (t) => {
    const { owner, order, sessions, asked } = bed(t, true, await hungBridge(t))
    owner.allow('live')
    assert.equal(order(1000).message, 'Begun')
    assert.equal(order(1200).message, 'Goes on')
    await sessions.ended()
    assert.deepEqual(asked.slice(-2), ['watch', 'left'])
  })

  it('that find no way to the bridge are over, and may be asked for again', async (t) => {
    const { owner, order, sessions, asked } = bed(t)
    owner.allow('live')
    assert.equal(order().message, 'Begun')
    await sessions.ended()
    assert.equal(order().message, 'Begun')
    assert.ok(!asked.includes('watch'), 'a camera is not played for nobody')
  })
})
