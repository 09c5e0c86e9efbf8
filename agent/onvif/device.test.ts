import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { errorKind } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { REPLY_BYTES_MAX } from './carry.ts'
import { type Device, openDevice } from './device.ts'
import { refusalOf } from './faults.ts'

const never = new AbortController().signal
const owner = { username: 'admin', password: new Secret('correct') }
const stranger = { username: 'admin', password: new Secret('wrong') }

interface Asked {
  readonly operation: string
  readonly body: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

type Answer = string | { status: number; body?: string; headers?: Record<string, string | string[]> } | 'silence'

const envelope = (body: string) =>
  `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>${body}</s:Body></s:Envelope>`

const fault = (subcode: string, reason = 'no') =>
  envelope(
    `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>${subcode}</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">${reason}</s:Text></s:Reason></s:Fault>`,
  )

const date = (ms: number) => {
  const at = new Date(ms)
  return envelope(
    `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute><tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`,
  )
}

const INFORMATION = envelope(
  '<GetDeviceInformationResponse><Manufacturer>A&amp;B</Manufacturer><Model>X</Model><FirmwareVersion>2.10</FirmwareVersion><SerialNumber>12345678901234567890</SerialNumber><HardwareId xmlns="u">1.0</HardwareId></GetDeviceInformationResponse>',
)

/** A camera that answers as the script says; what it was asked is kept. */
async function camera(t: TestContext, script: (asked: Asked) => Answer) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString('utf8')
    const one = { operation: /<s:Body[^>]*><(\w+)/.exec(body)?.[1] ?? '', body, request, response }
    asked.push(one)
    const answer = script(one)
    if (answer === 'silence') return
    const {
      status,
      body: text = '',
      headers = {},
    } = typeof answer === 'string' ? { status: 200, body: answer } : answer
    response.writeHead(status, headers).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const open = (credential = owner) =>
    openDevice({ address: '127.0.0.1', port, credential, clock: systemClock, signal: never })
  return { asked, port, open, operations: () => asked.map(({ operation }) => operation) }
}

/** The digest of WS-Security checked as a camera would: password, nonce, and time within five seconds of its own. */
function wsse({ body }: Asked, cameraMs: number, password = 'correct'): 'absent' | 'good' | 'bad' {
  const nonce = /<Nonce[^>]*>([^<]*)/.exec(body)?.[1]
  const created = /<Created[^>]*>([^<]*)/.exec(body)?.[1]
  if (nonce === undefined || created === undefined) return 'absent'
  const due = createHash('sha1').update(Buffer.from(nonce, 'base64')).update(created).update(password).digest('base64')
  return body.includes(`>${due}<`) && Math.abs(Date.parse(created) - cameraMs) < 5_000 ? 'good' : 'bad'
}

/** Lets in who signs by WS-Security with the camera's clock. */
const guarded =
  (skewMs = 0, password = 'correct') =>
  (asked: Asked): Answer => {
    const nowMs = Date.now() + skewMs
    if (asked.operation === 'GetSystemDateAndTime') return date(nowMs)
    if (wsse(asked, nowMs, password) !== 'good') return { status: 400, body: fault('ter:NotAuthorized') }
    return INFORMATION
  }

const kindOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => errorKind(error),
  )

test('strings stay letter for letter: a serial of twenty digits, a firmware 2.10, an ampersand', async (t) => {
  const device = await (await camera(t, guarded())).open()
  assert.deepEqual(await device.deviceInformation(never), {
    manufacturer: 'A&B',
    model: 'X',
    firmware: '2.10',
    serial: '12345678901234567890',
    hardwareId: '1.0',
  })
})

test("requests are signed with the camera's clock, and a password beyond ASCII", async (t) => {
  const { open } = await camera(t, guarded(-3_600_000, 'pässwörd'))
  const device = await open({ username: 'a&b', password: new Secret('pässwörd') })
  assert.equal((await device.deviceInformation(never)).model, 'X')
  assert.ok(Math.abs((device.clock?.skewMs ?? 0) + 3_600_000) < 1_500)
})

test('a refused password is sent once, and never again until it changes', async (t) => {
  const { open, asked } = await camera(t, guarded())
  const device = await open(stranger)
  for (let i = 0; i < 3; i += 1) {
    const error: unknown = await device.deviceInformation(never).catch((each: unknown) => each)
    assert.equal(errorKind(error), 'refused')
    assert.equal(refusalOf(error), 'credential')
  }
  assert.equal(asked.filter(({ body }) => body.includes('UsernameToken')).length, 1)
  device.use(owner)
  assert.equal((await device.deviceInformation(never)).model, 'X')
})

test('a clock that jumped is read again before the password is blamed', async (t) => {
  let skewMs = 0
  const { open } = await camera(t, (asked) => guarded(skewMs)(asked))
  const device = await open()
  await device.deviceInformation(never)
  skewMs = 86_400_000
  assert.equal((await device.deviceInformation(never)).model, 'X')
})

for (const [algorithm, hash] of [
  ['MD5', 'md5'],
  ['SHA-256', 'sha256'],
] as const) {
  test(`an HTTP Digest challenge by ${algorithm} is answered, without a WS-Security header beside it`, async (t) => {
    const seen: string[] = []
    const { open, asked } = await camera(t, ({ body, request }) => {
      const header = request.headers.authorization ?? ''
      const part = (name: string) => new RegExp(`${name}="?([^",]*)`).exec(header)?.[1] ?? ''
      const digest = (text: string) => createHash(hash).update(text).digest('hex')
      const due = digest(
        `${digest('admin:cam:correct')}:n1:${part('nc')}:${part('cnonce')}:auth:${digest('POST:/onvif/device_service')}`,
      )
      if (part('response') === due) {
        seen.push(body)
        return INFORMATION
      }
      const weak = 'Digest qop="auth", realm="cam", nonce="n1"'
      const strong = 'Digest qop="auth,auth-int", realm="cam", nonce="n1", algorithm="SHA-256"'
      // Several may share one header (RFC 9110, 11.6.1).
      const challenges = algorithm === 'MD5' ? [`Basic realm="cam", ${weak}`] : [weak, strong]
      return {
        status: 401,
        body: '<!DOCTYPE html><html>Unauthorized</html>',
        headers: { 'WWW-Authenticate': challenges },
      }
    })
    const device = await open()
    assert.equal((await device.deviceInformation(never)).serial, '12345678901234567890')
    await device.deviceInformation(never)
    assert.equal(seen.length, 2)
    assert.ok(!asked.some(({ body }) => body.includes('UsernameToken')))
  })
}

test('Basic is never answered, even where nothing else is offered', async (t) => {
  const { open, asked } = await camera(t, ({ operation }) =>
    operation === 'GetSystemDateAndTime'
      ? date(Date.now())
      : { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="cam"' } },
  )
  const device = await open()
  assert.equal(await kindOf(device.deviceInformation(never)), 'refused')
  assert.ok(asked.every(({ request }) => request.headers.authorization === undefined))
})

test('an operation that the user has no right to is not asked again, and the user keeps the rest', async (t) => {
  const { open, operations } = await camera(t, (asked) =>
    asked.operation === 'GetNetworkInterfaces' ? { status: 400, body: fault('ter:NotAuthorized') } : guarded()(asked),
  )
  const device = await open()
  await device.deviceInformation(never)
  for (let i = 0; i < 3; i += 1) {
    const error: unknown = await device.networkInterfaces(never).catch((each: unknown) => each)
    assert.equal(refusalOf(error), 'operation')
  }
  assert.equal(operations().filter((operation) => operation === 'GetNetworkInterfaces').length, 1)
  assert.equal((await device.deviceInformation(never)).model, 'X')
})

test('a device that refuses even the time it told before has locked us out: the password is not blamed', async (t) => {
  let locked = false
  const { open, asked } = await camera(t, (one) => (locked ? { status: 401 } : guarded()(one)))
  const device = await open()
  await device.deviceInformation(never)
  locked = true
  const error: unknown = await device.deviceInformation(never).catch((each: unknown) => each)
  assert.equal(refusalOf(error), 'locked-out')
  const before = asked.length
  assert.equal(await kindOf(device.deviceInformation(never)), 'busy')
  assert.equal(asked.length, before)
})

/** An open camera whose answer to GetHostname is the test's. */
async function hostnameOf(
  t: TestContext,
  answer: (asked: Asked) => Answer,
): Promise<{ device: Device; asked: Asked[] }> {
  const { open, asked } = await camera(t, (one) => (one.operation === 'GetHostname' ? answer(one) : guarded()(one)))
  return { device: await open(), asked }
}

test('a reply larger than any camera needs is cut off before it is parsed', async (t) => {
  const { device } = await hostnameOf(t, () => envelope('x'.repeat(REPLY_BYTES_MAX)))
  assert.equal(await kindOf(device.hostname(never)), 'limit')
})

test('a reply shorter than promised is taken when its envelope is whole, and is an error when not', async (t) => {
  const whole = envelope(
    '<GetHostnameResponse><HostnameInformation><Name>h</Name></HostnameInformation></GetHostnameResponse>',
  )
  const replies = [whole, whole.slice(0, 90)]
  const { device } = await hostnameOf(t, ({ response }) => {
    const text = replies.shift() ?? ''
    response.writeHead(200, { 'Content-Length': 9_999 }).write(text, () => {
      if (text !== whole) response.destroy()
    })
    return 'silence'
  })
  assert.equal(await device.hostname(never), 'h')
  assert.equal(await kindOf(device.hostname(never)), 'unreachable')
})

test('a redirect is not followed', async (t) => {
  const { device, asked } = await hostnameOf(t, () => ({ status: 302, headers: { Location: 'http://127.0.0.2/' } }))
  assert.equal(await kindOf(device.hostname(never)), 'invalid')
  assert.equal(asked.filter(({ operation }) => operation === 'GetHostname').length, 1)
})

test('a device that says nothing meets the deadline, rests after three times, and is taken back when it answers', async (t) => {
  let dead = false
  const { open, asked } = await camera(t, (one) => (dead ? 'silence' : guarded()(one)))
  const device = await open()
  dead = true
  for (let i = 0; i < 3; i += 1) assert.equal(await kindOf(device.readClock(never, 30)), 'timeout')
  const before = asked.length
  assert.equal(await kindOf(device.deviceInformation(never)), 'unreachable')
  assert.equal(asked.length, before)
  dead = false
  await device.readClock(never)
  assert.equal(await kindOf(device.deviceInformation(never)), 'done')
})

test('never more than two connections to one device, however many calls', async (t) => {
  let [now, most] = [0, 0]
  const { device } = await hostnameOf(t, ({ response }) => {
    now += 1
    most = Math.max(most, now)
    setTimeout(() => {
      now -= 1
      response.end(envelope('<GetHostnameResponse/>'))
    }, 10)
    return 'silence'
  })
  await Promise.all(Array.from({ length: 8 }, () => device.hostname(never)))
  assert.equal(most, 2)
})

test('services at another host are asked where the device itself answered', async (t) => {
  const { open, operations, port } = await camera(t, (asked) => {
    if (asked.operation === 'GetServices') {
      return envelope(
        `<tds:GetServicesResponse><tds:Service><tds:Namespace>http://www.onvif.org/ver10/media/wsdl</tds:Namespace><tds:XAddr>\n http://192.0.2.1:9/onvif/media\n</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service></tds:GetServicesResponse>`,
      )
    }
    if (asked.operation === 'GetStreamUri') {
      assert.equal(asked.request.url, '/onvif/media')
      return envelope(
        '<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://user:secret@0.0.0.0:8554/a?b=c&amp;d=e</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>',
      )
    }
    return guarded()(asked)
  })
  const device = await open()
  assert.equal((await device.services(never))[0]?.version, '2.60')
  const url = await device.streamUri({ token: 'p"1', media: 'media' }, never)
  assert.equal(url.href, 'rtsp://127.0.0.1:8554/a?b=c&d=e')
  assert.ok(operations().includes('GetStreamUri'))
  assert.ok(port > 0)
})
