import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { openDevice } from './device.ts'
import { refusalOf } from './faults.ts'

const never = new AbortController().signal
const MINUTE_MS = 60_000

const envelope = (body: string) => `<s:Envelope xmlns:s="s"><s:Body>${body}</s:Body></s:Envelope>`
const DATE = envelope('<GetSystemDateAndTimeResponse/>')
const INFORMATION = envelope('<GetDeviceInformationResponse><Model>X</Model></GetDeviceInformationResponse>')
const REFUSAL = envelope(
  '<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code></s:Fault>',
)

/** A camera that tells its time to all and the rest to users, as long as it lets them in; and a clock that a test sets. */
async function camera(t: TestContext) {
  const state = { letsIn: true, signed: 0, aheadMs: 0 }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const isSigned = body.includes('UsernameToken')
    if (isSigned) state.signed += 1
    if (body.includes('GetSystemDateAndTime')) response.end(DATE)
    else if (isSigned && state.letsIn) response.end(INFORMATION)
    else response.writeHead(400).end(REFUSAL)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + state.aheadMs }
  const credential = { username: 'admin', password: new Secret('correct') }
  const device = await openDevice({ address: '127.0.0.1', port, credential, clock, signal: never })
  const ask = () => device.deviceInformation(never).then(() => 'let in', refusalOf)
  assert.equal(await ask(), 'let in')
  return { state, ask }
}

test('a password that worked and is refused may be locked out: it is tried once more when the device had time to forget', async (t) => {
  const { state, ask } = await camera(t)
  state.letsIn = false
  assert.equal(await ask(), 'locked-out')
  const before = state.signed
  state.letsIn = true
  state.aheadMs = 4 * MINUTE_MS
  assert.equal(await ask(), 'locked-out')
  assert.equal(state.signed, before, 'nothing was sent meanwhile')
  state.aheadMs = 6 * MINUTE_MS
  assert.equal(await ask(), 'let in')
})

test('one that is refused again after that is wrong, and is not sent again', async (t) => {
  const { state, ask } = await camera(t)
  state.letsIn = false
  await Promise.all([ask(), ask()])
  state.aheadMs = 6 * MINUTE_MS
  assert.equal(await ask(), 'credential')
  const before = state.signed
  state.letsIn = true
  state.aheadMs = 60 * MINUTE_MS
  assert.equal(await ask(), 'credential')
  assert.equal(state.signed, before)
})
