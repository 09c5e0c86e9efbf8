import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { BriefRefusals } from '../credentials/refusal-log.ts'
import { openDevice } from './device.ts'
import { refusalOf } from './faults.ts'
import { DeviceGate } from './gate.ts'

const never = new AbortController().signal
const MINUTE_MS = 60_000

const envelope = (body: string) => `<s:Envelope xmlns:s="s"><s:Body>${body}</s:Body></s:Envelope>`
const DATE = envelope('<GetSystemDateAndTimeResponse/>')
const INFORMATION = envelope('<GetDeviceInformationResponse><Model>X</Model></GetDeviceInformationResponse>')
const REFUSAL = envelope(
  '<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code></s:Fault>',
)

/** How the camera answers who is not let in. */
interface Refusing {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** A camera that tells its time to all and the rest to users, as long as it lets them in; and a clock that a test sets. */
async function camera(t: TestContext, { letsIn = true, maker = '', memory = new BriefRefusals() } = {}) {
  const state = { letsIn, signed: 0, aheadMs: 0, refusing: {} as Refusing }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const isSigned = body.includes('UsernameToken')
    if (isSigned) state.signed += 1
    const { status = 400, headers = {}, body: refusal = REFUSAL } = state.refusing
    if (body.includes('GetSystemDateAndTime')) response.end(DATE)
    else if (isSigned && state.letsIn) response.end(INFORMATION)
    else response.writeHead(isSigned ? status : 400, headers).end(isSigned ? refusal : REFUSAL)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const clock = {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + state.aheadMs,
    monotonicMs: () => systemClock.monotonicMs() + state.aheadMs,
  }
  const credential = { username: 'admin', password: new Secret('correct') }
  const open = async () => {
    const gate = new DeviceGate(clock, { memory, name: 'camera' })
    gate.maker = maker
    const device = await openDevice({ address: '127.0.0.1', port, credential, clock, gate, signal: never })
    return () => device.deviceInformation(never).then(() => 'let in', refusalOf)
  }
  return { state, open, ask: await open() }
}

test('a password that worked and is refused may be locked out: it is tried once more when the device had time to forget', async (t) => {
  const { state, ask } = await camera(t)
  assert.equal(await ask(), 'let in')
  state.letsIn = false
  assert.equal(await ask(), 'locked-out')
  const before = state.signed
  state.letsIn = true
  state.aheadMs = 30 * MINUTE_MS
  assert.equal(await ask(), 'locked-out')
  assert.equal(state.signed, before, 'nothing was sent meanwhile')
  state.aheadMs = 32 * MINUTE_MS
  assert.equal(await ask(), 'let in')
})

test('one that is refused again after that is wrong, and is not sent again', async (t) => {
  const { state, ask } = await camera(t)
  assert.equal(await ask(), 'let in')
  state.letsIn = false
  await Promise.all([ask(), ask()])
  state.aheadMs = 32 * MINUTE_MS
  assert.equal(await ask(), 'credential')
  const before = state.signed
  state.letsIn = true
  state.aheadMs = 600 * MINUTE_MS
  assert.equal(await ask(), 'credential')
  assert.equal(state.signed, before)
})

test('all of that outlives a restart of the box: what worked, what is refused, and how long to wait', async (t) => {
  const { state, open, ask } = await camera(t)
  assert.equal(await ask(), 'let in')
  state.letsIn = false
  assert.equal(await (await open())(), 'locked-out', 'it worked before the restart')
  const before = state.signed
  state.aheadMs = 30 * MINUTE_MS
  assert.equal(await (await open())(), 'locked-out')
  assert.equal(state.signed, before, 'a restart is no reason to try')
  state.aheadMs = 32 * MINUTE_MS
  assert.equal(await (await open())(), 'credential')
  const after = state.signed
  assert.equal(await (await open())(), 'credential')
  assert.equal(state.signed, after)
})

test('a way that rests by itself rests over a restart as well, and the other ways stay open', () => {
  const memory = new BriefRefusals()
  const time = { ms: 1_000_000 }
  const clock = { ...systemClock, nowMs: () => time.ms, monotonicMs: () => time.ms }
  const credential = { username: 'admin', password: new Secret('correct') }
  const first = new DeviceGate(clock, { memory, name: 'place' })
  first.accept(credential, 'rtsp')
  assert.equal(first.refuse(credential, 'rtsp'), 'locked-out', 'it was taken before')
  first.rename('device')
  const restarted = () => new DeviceGate(clock, { memory, name: 'device' })
  for (const gate of [first, restarted()]) {
    assert.throws(() => gate.checkCredential(credential, 'rtsp'), { kind: 'busy' })
    for (const way of ['onvif', 'snapshot'] as const) gate.checkCredential(credential, way)
  }
  time.ms += 30 * MINUTE_MS
  assert.throws(() => restarted().checkCredential(credential, 'rtsp'), { kind: 'busy' })
  time.ms += 2 * MINUTE_MS
  restarted().checkCredential(credential, 'rtsp')
  assert.equal(restarted().refuse(credential, 'rtsp'), 'credential', 'once more, and no further')
})

for (const [maker, minutes] of [
  ['Reolink', 6],
  ['HIKVISION', 31],
  ['Amcrest', 31],
] as const) {
  test(`${maker} is left alone for ${minutes} minutes`, async (t) => {
    const { state, ask } = await camera(t, { maker })
    await ask()
    state.letsIn = false
    assert.equal(await ask(), 'locked-out')
    const before = state.signed
    state.letsIn = true
    state.aheadMs = minutes * MINUTE_MS - 10_000
    assert.equal(await ask(), 'locked-out')
    assert.equal(state.signed, before)
    state.aheadMs = minutes * MINUTE_MS + 10_000
    assert.equal(await ask(), 'let in')
  })
}

const HINTS: readonly [string, Refusing, number][] = [
  ['Retry-After in seconds', { status: 401, headers: { 'Retry-After': '600' } }, 10],
  ['a 503 with Retry-After', { status: 503, headers: { 'Retry-After': '600' } }, 10],
  [
    'an unlock time',
    { status: 401, body: '<userCheck><lockStatus>lock</lockStatus><unlockTime>1200</unlockTime></userCheck>' },
    20,
  ],
  ['a page for people', { status: 403, body: '<html>Account locked. Try again in 15 minutes.</html>' }, 15],
  [
    'words alone',
    {
      status: 400,
      body: envelope(
        '<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>User is locked</s:Text></s:Reason></s:Fault>',
      ),
    },
    31,
  ],
]

for (const [name, refusing, minutes] of HINTS) {
  test(`a device that says by ${name} that it is locked is believed: the password, never tried before, is not blamed`, async (t) => {
    const { state, ask } = await camera(t, { letsIn: false })
    state.refusing = refusing
    assert.equal(await ask(), 'locked-out')
    state.aheadMs = minutes * MINUTE_MS - 10_000
    assert.equal(await ask(), 'locked-out')
    assert.equal(state.signed, 1)
    state.letsIn = true
    state.aheadMs = minutes * MINUTE_MS + 10_000
    assert.equal(await ask(), 'let in')
  })
}

test('a plain refusal of a password that never worked blames it at once; a 403 only when it comes again', async (t) => {
  const { state, ask } = await camera(t, { letsIn: false })
  state.refusing = { status: 403, body: '' }
  assert.equal(await ask(), 'locked-out')
  state.aheadMs = 32 * MINUTE_MS
  assert.equal(await ask(), 'credential')
  const other = await camera(t, { letsIn: false })
  assert.equal(await other.ask(), 'credential')
})
