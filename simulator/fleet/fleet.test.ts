import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { digestAuthorization } from './digest-client.testing.ts'
import { type CameraOptions, FleetStartError, type SimulatedCamera, startFleet } from './index.ts'
import { ownNet } from './own-net.testing.ts'
import { call, deviceUrl, securityHeader, TDS, TEV, textOf } from './soap-client.testing.ts'

const net = await ownNet()

const PASSWORD = 'secret'
const FREE_PORTS = { httpPort: 0, rtspPort: 0, discoveryPort: 0, password: PASSWORD }
const INFORMATION = `<GetDeviceInformation xmlns="${TDS}"/>`
const DATE = `<GetSystemDateAndTime xmlns="${TDS}"/>`

async function oneCamera(camera: CameraOptions) {
  const fleet = await startFleet({ cameras: [{ eventIntervalMs: 0, ...camera }], ...FREE_PORTS })
  const [first] = fleet.cameras
  assert.ok(first)
  return { camera: first, [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() }
}

async function probe(camera: SimulatedCamera, types: string): Promise<string | undefined> {
  const text =
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">' +
    '<s:Header><a:MessageID>urn:uuid:42</a:MessageID></s:Header><s:Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery" ' +
    `xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><Types>${types}</Types></Probe></s:Body></s:Envelope>`
  const socket = createSocket('udp4')
  try {
    socket.send(text, camera.discoveryPort, camera.address)
    const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(400) })
    return String(answer)
  } catch {
    return undefined
  } finally {
    socket.close()
  }
}

test('a unicast probe is answered with what the camera is and where', async () => {
  await using one = await oneCamera({ profile: 'nvr', address: net(1) })
  const answer = (await probe(one.camera, 'dn:NetworkVideoTransmitter')) ?? ''
  assert.match(answer, /RelatesTo>urn:uuid:42</)
  assert.equal(textOf(answer, 'Address'), one.camera.truth.endpoint)
  assert.equal(textOf(answer, 'XAddrs'), deviceUrl(one.camera))
  assert.equal(await probe(one.camera, 'dn:NetworkVideoDisplay'), undefined, 'another type is not answered')
  one.camera.setFault('unreachable')
  assert.equal(await probe(one.camera, ''), undefined)
})

test('a taken port is one sentence that says what to do, and leaves nothing open', async () => {
  await using one = await oneCamera({ profile: 'axis', address: net(2) })
  const cameras = [{ profile: 'axis', address: net(3) } as const, { profile: 'axis', address: net(2) } as const]
  const options = { ...FREE_PORTS, cameras, httpPort: one.camera.httpPort }
  await assert.rejects(startFleet(options), (error) => {
    assert.ok(error instanceof FleetStartError)
    assert.match(error.message, /^Port \d+ on 127\.\d+\.\d+\.2 is taken: .*choose another with --port/)
    return true
  })
  await using again = await startFleet({ ...options, cameras: cameras.slice(0, 1) })
  assert.equal(again.cameras.length, 1)
})

test('a nonce serves once', async () => {
  await using one = await oneCamera({ profile: 'amcrest', address: net(4) })
  const header = securityHeader(PASSWORD, Date.now())
  assert.equal((await call(deviceUrl(one.camera), header, INFORMATION)).status, 200)
  const replayed = await call(deviceUrl(one.camera), header, INFORMATION)
  assert.equal(replayed.status, 400)
  assert.match(replayed.text, /ter:NotAuthorized/)
})

test('a token must be made by the camera’s own clock', async () => {
  await using one = await oneCamera({ profile: 'amcrest', address: net(5), faults: ['clock-skew=3600'] })
  const url = deviceUrl(one.camera)
  assert.equal((await call(url, securityHeader(PASSWORD, Date.now()), INFORMATION)).status, 400)
  assert.equal((await call(url, securityHeader(PASSWORD, Date.now() + 3600_000), INFORMATION)).status, 200)
  const date = await call(url, '', DATE)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = ['Year', 'Month', 'Day', 'Hour', 'Minute'].map((field) =>
    Number(textOf(date.text, field)),
  )
  const skewMs = Date.UTC(year, month - 1, day, hour, minute) - Date.now()
  assert.ok(Math.abs(skewMs - 3600_000) < 2 * 60_000, 'and anyone may read that clock')
})

test('Hikvision answers an anonymous date with an HTML page and two challenges', async () => {
  await using one = await oneCamera({ profile: 'hikvision', address: net(6) })
  const response = await fetch(deviceUrl(one.camera), {
    method: 'POST',
    body: `<s:Envelope xmlns:s="x"><s:Body>${DATE}</s:Body></s:Envelope>`,
  })
  assert.equal(response.status, 401)
  assert.match(await response.text(), /^<!DOCTYPE html>/)
  assert.match(
    response.headers.get('www-authenticate') ?? '',
    /nonce="[^"]+", stale="FALSE", Digest .*algorithm=SHA-256/,
  )
})

test('five wrong passwords lock a client out, also with the right one', async () => {
  await using one = await oneCamera({ profile: 'hikvision', address: net(7) })
  const url = deviceUrl(one.camera)
  for (let i = 0; i < 5; i++) await call(url, securityHeader('wrong', Date.now()), INFORMATION)
  assert.equal((await call(url, securityHeader(PASSWORD, Date.now()), INFORMATION)).status, 401)
  assert.equal(one.camera.journal.counts().refusedCredentials, 6)
})

test('an operation that is not offered is a fault as ONVIF Core prescribes', async () => {
  await using one = await oneCamera({ profile: 'tapo', address: net(8) })
  const answer = await call(
    deviceUrl(one.camera),
    securityHeader(PASSWORD, Date.now()),
    `<UpgradeSystemFirmware xmlns="${TDS}"/>`,
  )
  assert.equal(answer.status, 500)
  assert.match(answer.text, /env:Receiver.*ter:ActionNotSupported/)
})

test('too large a request is refused, and an ill-formed one is a fault', async () => {
  await using one = await oneCamera({ profile: 'tapo', address: net(9) })
  assert.equal((await call(deviceUrl(one.camera), '', ' '.repeat(70_000))).status, 413)
  assert.match((await call(deviceUrl(one.camera), '<open>', DATE)).text, /ter:WellFormed/)
})

test('the journal knows who asked what with which credential, and counts media apart', async () => {
  await using one = await oneCamera({ profile: 'reolink', address: net(10) })
  await call(deviceUrl(one.camera), '', DATE)
  await call(deviceUrl(one.camera), securityHeader(PASSWORD, Date.now()), INFORMATION)
  await call(deviceUrl(one.camera), securityHeader('wrong', Date.now()), INFORMATION)
  const rows = one.camera.journal.requests().map(({ operation, credential, status }) => [operation, credential, status])
  assert.deepEqual(rows, [
    ['GetSystemDateAndTime', 'none', 200],
    ['GetDeviceInformation', 'accepted', 200],
    ['GetDeviceInformation', 'refused', 400],
  ])
  assert.equal(one.camera.journal.mediaConnections(), 0)
  await (await fetch(`http://${net(10)}:${one.camera.httpPort}/cgi-bin/api.cgi?cmd=onvifSnapPic&channel=1`)).text()
  assert.equal(one.camera.journal.mediaConnections(), 1, 'a refused snapshot counts too')
})

test('events come by long poll in the brand’s own topics, an NVR’s with the channel’s token', async () => {
  await using one = await oneCamera({ profile: 'nvr', address: net(11) })
  const { camera } = one
  const url = `http://${camera.address}:${camera.httpPort}/onvif/Events`
  const created = await digestCall(url, `<CreatePullPointSubscription xmlns="${TEV}"/>`)
  const address = textOf(created, 'Address')
  const pull = `<PullMessages xmlns="${TEV}"><Timeout>PT5S</Timeout><MessageLimit>50</MessageLimit></PullMessages>`
  assert.match(await digestCall(address, pull), /Initialized/, 'the present state comes first')
  const waiting = digestCall(address, pull)
  await until(() => camera.journal.requests().filter((request) => request.operation === 'PullMessages').length >= 3)
  camera.raise('motion', 3)
  const answer = await waiting
  assert.match(answer, /tns1:VideoSource\/MotionAlarm/)
  assert.match(answer, /Name="Source" Value="VideoSourceToken003".*Name="State" Value="true"/)
  await digestCall(address, '<Unsubscribe xmlns="http://docs.oasis-open.org/wsn/b-2"/>')
  assert.match(await digestCall(address, pull), /ResourceUnknown/)
  assert.throws(() => camera.raise('vehicle'), /no event "vehicle"/)
})

test('Axis wants its SubscriptionId echoed, and a subscription renewed in time', async () => {
  await using one = await oneCamera({ profile: 'axis', address: net(13) })
  const url = `http://${net(13)}:${one.camera.httpPort}/onvif/services`
  const ttl = '<InitialTerminationTime>PT60S</InitialTerminationTime>'
  const created = await digestCall(
    url,
    `<CreatePullPointSubscription xmlns="${TEV}">${ttl}</CreatePullPointSubscription>`,
  )
  const id = `<SubscriptionId xmlns="http://www.axis.com/2009/event">${textOf(created, 'SubscriptionId')}</SubscriptionId>`
  const pull = `<PullMessages xmlns="${TEV}"><Timeout>PT1S</Timeout><MessageLimit>9</MessageLimit></PullMessages>`
  assert.match(await digestCall(url, pull), /ResourceUnknown/, 'without the id nobody knows which is meant')
  const pulled = await digestCall(url, pull, id)
  assert.match(pulled, /tnsaxis:CameraApplicationPlatform\/VMD\/Camera1ProfileANY<.*Name="active" Value="0"/)
  const renew = '<Renew xmlns="http://docs.oasis-open.org/wsn/b-2"><TerminationTime>PT1H</TerminationTime></Renew>'
  const renewed = await digestCall(url, renew, id)
  const lifeMs = Date.parse(textOf(renewed, 'TerminationTime')) - Date.parse(textOf(renewed, 'CurrentTime'))
  assert.ok(Math.abs(lifeMs - 3600_000) <= 1000)
})

test('pull points are bounded, and a fault takes all of them', async () => {
  await using one = await oneCamera({ profile: 'amcrest', address: net(12), faults: ['slots-full'] })
  const url = `http://${net(12)}:${one.camera.httpPort}/onvif/event_service`
  const create = () => call(url, securityHeader(PASSWORD, Date.now()), `<CreatePullPointSubscription xmlns="${TEV}"/>`)
  assert.match((await create()).text, /ter:BlockedThreadUpperLimit/)
  one.camera.clearFault('slots-full')
  for (let i = 0; i < 10; i++) assert.equal((await create()).status, 200)
  assert.match((await create()).text, /ter:BlockedThreadUpperLimit/)
})

/** One request as a digest client makes it: challenged first. */
async function digestCall(url: string, body: string, header = ''): Promise<string> {
  const envelope = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
  const first = await fetch(url, { method: 'POST', body: envelope })
  const challenge = first.headers.get('www-authenticate')
  const refusal = await first.text()
  if (!challenge) return refusal
  const authorization = digestAuthorization(
    challenge,
    'POST',
    new URL(url).pathname + new URL(url).search,
    'admin',
    PASSWORD,
  )
  return (await fetch(url, { method: 'POST', body: envelope, headers: { authorization } })).text()
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(20_000)
  while (!isSo()) {
    deadline.throwIfAborted()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
