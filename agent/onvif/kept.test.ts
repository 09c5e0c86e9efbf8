import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { errorKind } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { type Device, openDevice } from './device.ts'
import { DeviceGate } from './gate.ts'

const never = new AbortController().signal
const credential = { username: 'admin', password: new Secret('correct') }
/** Nothing takes any time by it: what is asked at once has not waited, however slow the machine is. */
const still = { ...systemClock, monotonicMs: () => 0 }
const envelope = (body: string) => `<s:Envelope xmlns:s="s"><s:Body>${body}</s:Body></s:Envelope>`

interface Asked {
  readonly operation: string
  readonly isSigned: boolean
  /** The header. */
  readonly connection: string | undefined
  readonly socket: Socket
  readonly response: ServerResponse
}

/** A camera that lets everybody in; `answer` may take one over, and says so. */
async function camera(t: TestContext, answer: (asked: Asked) => boolean = () => false) {
  const asked: Asked[] = []
  const server = createServer({ keepAliveTimeout: 60_000 }, async (request: IncomingMessage, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const operation = /<s:Body[^>]*><(\w+)/.exec(body)?.[1] ?? ''
    const { socket, headers } = request
    const isSigned = body.includes('UsernameToken')
    const one = { operation, isSigned, connection: headers.connection, socket, response }
    asked.push(one)
    if (!answer(one)) response.end(envelope(`<${operation}Response/>`))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const open = (confirm?: (device: Device) => Promise<void>) =>
    openDevice({
      address: '127.0.0.1',
      port,
      credential,
      clock: still,
      signal: never,
      ...(confirm && { confirm }),
    })
  const connections = (operation = '') =>
    new Set(asked.filter((each) => operation === '' || each.operation === operation).map(({ socket }) => socket)).size
  return { asked, open, connections, port }
}

/** Ends the connection behind the answer without having said that it would. */
const endSilently = ({ response, socket, operation }: Asked) => {
  const text = envelope(`<${operation}Response/>`)
  response.detachSocket(socket)
  socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`)
  return true
}

test('calls that follow each other share a connection, which is given up soon after the last', async (t) => {
  const { open, connections, asked } = await camera(t)
  const device = await open()
  for (let i = 0; i < 5; i += 1) await device.hostname(never)
  assert.equal(connections(), 1)
  const [first] = asked
  assert.ok(first)
  if (!first.socket.destroyed) await new Promise((resolve) => first.socket.once('close', resolve))
})

test('beside a call that waits no connection is kept: a device sees two at most, and one soon', async (t) => {
  const waiting: Asked[] = []
  const { open, asked } = await camera(t, (one) => {
    if (one.operation !== 'GetHostname' || waiting.length > 0) return false
    waiting.push(one)
    return true
  })
  const device = await open()
  const waits = device.hostname(never)
  await device.scopes(never)
  const { socket: beside, connection } = asked.find(({ operation }) => operation === 'GetScopes') ?? {}
  assert.ok(beside && beside !== asked[0]?.socket)
  assert.equal(connection, 'close', 'it is told so: one that has to notice would still count it when the next comes')
  if (!beside.destroyed) await new Promise((resolve) => beside.once('close', resolve))
  waiting[0]?.response.end(envelope('<GetHostnameResponse/>'))
  await waits
})

test('one that closes without a word is asked once more, and from then on each time anew', async (t) => {
  const { open, asked, connections } = await camera(t, endSilently)
  const device = await open()
  for (let i = 0; i < 4; i += 1) await device.hostname(never)
  const hostnames = asked.filter(({ operation }) => operation === 'GetHostname')
  assert.equal(hostnames.length, 4, 'no request is seen twice')
  assert.equal(connections('GetHostname'), 4)
})

test('a connection that broke may have led to this device no more: who it is is asked before it is signed again', async (t) => {
  const steps: string[] = []
  let isBreaking = false
  const { open } = await camera(t, ({ operation, isSigned, socket }) => {
    if (isSigned) steps.push(operation)
    if (isBreaking && operation === 'GetHostname') {
      isBreaking = false
      socket.resetAndDestroy()
      return true
    }
    return false
  })
  const device = await open(async () => void steps.push('who are you'))
  await device.scopes(never)
  isBreaking = true
  await device.hostname(never)
  assert.deepEqual(steps, ['who are you', 'GetScopes', 'GetHostname', 'who are you', 'GetHostname'])
})

test('what breaks long after it was asked is not asked again: the device may have begun with it', async (t) => {
  let aheadMs = 0
  const clock = { ...systemClock, monotonicMs: () => aheadMs }
  let isBreaking = false
  const { port, asked } = await camera(t, ({ socket }) => {
    if (!isBreaking) return false
    aheadMs += 5_000
    socket.resetAndDestroy()
    return true
  })
  const gate = new DeviceGate(clock)
  const device = await openDevice({ address: '127.0.0.1', port, credential, clock, gate, signal: never })
  isBreaking = true
  const before = asked.length
  await assert.rejects(device.hostname(never), (error) => errorKind(error) === 'unreachable')
  assert.equal(asked.length, before + 1)
  assert.ok(gate.kept.isWelcome)
})

test('a device looked at in passing keeps no connection', async (t) => {
  const { port, asked } = await camera(t)
  const gate = new DeviceGate(systemClock, { keeps: false })
  const device = await openDevice({ address: '127.0.0.1', port, clock: systemClock, gate, signal: never })
  await device.hostname(never)
  for (const { socket } of asked) {
    if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve))
  }
})
