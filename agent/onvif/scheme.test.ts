import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { errorKind } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { BriefRefusals } from '../credentials/refusal-log.ts'
import { openDevice } from './device.ts'
import { refusalOf } from './faults.ts'
import { DeviceGate } from './gate.ts'

const never = new AbortController().signal
const MINUTE_MS = 60_000

const envelope = (body: string) => `<s:Envelope xmlns:s="s"><s:Body>${body}</s:Body></s:Envelope>`
const DATE = envelope('<GetSystemDateAndTimeResponse/>')
const LATER = envelope(
  `<GetSystemDateAndTimeResponse><SystemDateAndTime><UTCDateTime><Time><Hour>1</Hour><Minute>1</Minute><Second>1</Second></Time><Date><Year>2101</Year><Month>1</Month><Day>1</Day></Date></UTCDateTime></SystemDateAndTime></GetSystemDateAndTimeResponse>`,
)
const INFORMATION = envelope('<GetDeviceInformationResponse><Model>X</Model></GetDeviceInformationResponse>')
const NOT_AUTHORIZED = envelope('<s:Fault><s:Code><s:Value>ter:NotAuthorized</s:Value></s:Code></s:Fault>')
const DIGEST = 'Digest realm="r", nonce="n", qop="auth"'
const STALE = `${DIGEST}, stale=true`

interface Asked {
  readonly isDate: boolean
  readonly hasToken: boolean
  readonly hasDigest: boolean
  /** The token's time, UTC ms. */
  readonly created: number
}

/** What it answers: `in`, a challenge, a fault that says no, or a page of something else. */
type Answering = (asked: Asked) => string

async function camera(t: TestContext, answering: Answering) {
  const state = { answering, tokens: 0, digests: 0, aheadMs: 0 }
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const asked = {
      isDate: body.includes('GetSystemDateAndTime'),
      hasToken: body.includes('UsernameToken'),
      hasDigest: request.headers.authorization !== undefined,
      created: Date.parse(/Created[^>]*>([^<]*)</.exec(body)?.[1] ?? ''),
    }
    if (asked.hasToken) state.tokens += 1
    if (asked.hasDigest) state.digests += 1
    const answer = state.answering(asked)
    if (answer === 'later') response.end(LATER)
    else if (answer === 'in') response.end(asked.isDate ? DATE : INFORMATION)
    else if (answer === 'no') response.writeHead(400).end(NOT_AUTHORIZED)
    else if (answer === 'page') response.end('<html>welcome</html>')
    else response.writeHead(401, answer === '' ? {} : { 'WWW-Authenticate': answer }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + state.aheadMs }
  const memory = new BriefRefusals()
  const credential = { username: 'admin', password: new Secret('correct') }
  const open = async () => {
    const gate = new DeviceGate(clock, { memory, name: 'camera' })
    return await openDevice({ address: '127.0.0.1', port, credential, clock, gate, signal: never })
  }
  const device = await open()
  const ask = (one = device) => one.deviceInformation(never).then(() => 'let in', refusalOf)
  return { state, device, open, ask }
}

const byDigest: Answering = ({ isDate, hasDigest }) => (isDate || hasDigest ? 'in' : DIGEST)

for (const [name, refusal] of [
  ['answers 401 without a challenge', ''],
  ['refuses by a fault alone', 'no'],
  ['challenges by an algorithm that nobody knows', 'Digest realm="r", nonce="n", algorithm=TIGER-192'],
  ['calls every nonce stale', STALE],
] as const) {
  test(`a device that wanted Digest and then ${name} is sent the token, and lets in whom it takes it from`, async (t) => {
    const { state, ask } = await camera(t, byDigest)
    assert.equal(await ask(), 'let in')
    assert.equal(state.tokens, 0)
    state.answering = ({ isDate, hasToken }) => (isDate || hasToken ? 'in' : refusal)
    assert.equal(await ask(), 'let in')
    state.answering = byDigest
    assert.equal(await ask(), 'let in', 'and Digest is answered when it is wanted again')
  })
}

test('one that asks for Basic and takes no token is told so: the password is not blamed, and not sent once more', async (t) => {
  const { state, open, ask } = await camera(t, ({ isDate }) => (isDate ? 'in' : 'Basic realm="r"'))
  assert.equal(await ask(), 'scheme')
  assert.equal(state.tokens, 1)
  assert.equal(await ask(), 'scheme')
  assert.equal(await ask(await open()), 'scheme')
  assert.deepEqual([state.tokens, state.digests], [1, 0])
  state.answering = byDigest
  assert.equal(await ask(await open()), 'let in', 'as soon as Digest is switched on')
  state.answering = ({ isDate }) => (isDate ? 'in' : 'Basic realm="r"')
  assert.equal(await ask(), 'scheme')
  state.answering = ({ isDate, hasToken }) => (isDate || hasToken ? 'in' : 'no')
  assert.equal(await ask(), 'let in', 'or when it asks for nothing any more')
})

test('one that asks for Basic and took the token before has locked us out, or has a new password', async (t) => {
  const { state, ask } = await camera(t, ({ isDate, hasToken }) => (isDate || hasToken ? 'in' : 'Basic realm="r"'))
  assert.equal(await ask(), 'let in')
  state.answering = ({ isDate }) => (isDate ? 'in' : 'Basic realm="r"')
  assert.equal(await ask(), 'locked-out')
})

test('one whose Digest never works is left alone for half an hour', async (t) => {
  const { state, open, ask } = await camera(t, ({ isDate }) => (isDate ? 'in' : STALE))
  assert.equal(await ask(), 'scheme')
  const before = [state.tokens, state.digests]
  assert.deepEqual(before, [1, 1])
  assert.equal(await ask(), 'scheme')
  assert.equal(await ask(await open()), 'scheme')
  assert.deepEqual([state.tokens, state.digests], before)
  state.answering = byDigest
  state.aheadMs = 32 * MINUTE_MS
  assert.equal(await ask(), 'let in')
})

test('one that tells its time to users only is asked as one: what it tells strangers is no sign that it is well', async (t) => {
  const { state, device, ask } = await camera(t, ({ hasDigest }) => (hasDigest ? 'in' : DIGEST))
  assert.equal(await ask(), 'let in')
  await device.readClock(never)
  state.answering = ({ hasDigest }) => (hasDigest ? 'page' : DIGEST)
  await assert.rejects(device.readClock(never), (error) => errorKind(error) === 'invalid')
})

test('a 401 that came while it was out of connections is no word about rights: the operation is asked again', async (t) => {
  const { state, ask } = await camera(t, byDigest)
  assert.equal(await ask(), 'let in')
  let refusals = 1
  state.answering = (asked) => (asked.hasDigest && refusals-- > 0 ? DIGEST : byDigest(asked))
  assert.equal(await ask(), 'let in')
  assert.equal(await ask(), 'let in')
})

test('one that tells a wrong time and checks by the right one is let in by the right one', async (t) => {
  const { state, device, ask } = await camera(t, ({ isDate, hasToken }) => (isDate || hasToken ? 'in' : 'no'))
  assert.equal(await ask(), 'let in')
  const isNow = ({ created }: Asked) => Math.abs(created - Date.now()) < 60_000
  state.answering = (asked) => (asked.isDate ? 'later' : asked.hasToken && isNow(asked) ? 'in' : 'no')
  await device.readClock(never)
  assert.equal(await ask(), 'let in')
  const before = state.tokens
  assert.equal(await ask(), 'let in')
  assert.equal(state.tokens, before + 1, 'and the right one is kept')
})

test('one that takes tokens alone and tells its time to users only is asked for it by token', async (t) => {
  const { state, device, ask } = await camera(t, ({ hasToken }) => (hasToken ? 'in' : 'no'))
  assert.equal(await ask(), 'let in')
  const before = state.tokens
  await device.readClock(never)
  assert.equal(state.tokens, before + 1)
  assert.equal(device.signedIn, true)
})
