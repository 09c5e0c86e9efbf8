import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import type { FaultName } from '../faults/fault.ts'
import type { ProfileName, SimulatedCamera } from './index.ts'
import { ask, oneCamera, PASSWORD, serviceUrl } from './one-camera.testing.ts'
import { securityHeader, TDS } from './soap-client.testing.ts'

/** What a fault does to a client, with the value that it is given for the test. */
export type Effect = readonly [value: number | undefined, check: (camera: SimulatedCamera) => Promise<void>]

export const INFORMATION = `<GetDeviceInformation xmlns="${TDS}"/>`
export const DATE = `<GetSystemDateAndTime xmlns="${TDS}"/>`

/** Tests each fault on a camera of its own group, and that the camera is well again when the fault is off. */
export function testFaults<Name extends FaultName>(
  address: string,
  effects: Readonly<Record<Name, Effect>>,
  profile: ProfileName = 'plain',
): void {
  const running: { one?: Awaited<ReturnType<typeof oneCamera>> } = {}
  before(async () => {
    running.one = await oneCamera({ profile, address })
  })
  after(() => running.one?.[Symbol.asyncDispose]())
  const names = Object.keys(effects).filter((name): name is Name => Object.hasOwn(effects, name))
  for (const name of names) {
    const [value, check] = effects[name]
    test(name, async () => {
      const camera = running.one?.camera
      assert.ok(camera)
      camera.setFault(name, value)
      await camera.settled()
      try {
        await check(camera)
      } finally {
        camera.clearFault(name)
        await camera.settled()
      }
      assert.equal((await ask(camera, INFORMATION)).status, 200, 'and is well without it')
    })
  }
}

export interface Exchange {
  readonly text: string
  readonly bytes: Buffer
  /** How the connection ended, if it did in that time. */
  readonly ended: 'open' | 'closed' | 'reset'
}

/** One SOAP request, with a credential, as text. */
export function request(camera: SimulatedCamera, body = INFORMATION, path = '/onvif/device_service'): string {
  const header = securityHeader(PASSWORD, Date.now())
  const envelope = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
  return `POST ${path} HTTP/1.1\r\nHost: ${camera.address}\r\nContent-Type: application/soap+xml\r\nContent-Length: ${Buffer.byteLength(envelope)}\r\n\r\n${envelope}`
}

const TICK_MS = 20

/**
 * Writes to a camera's HTTP port and listens, until the connection ends, enough has come, or time is up. Time is counted in
 * rounds of the loop that the camera runs on, too: a machine that stands still does not use it up.
 */
export function exchange(camera: SimulatedCamera, text: string, waitMs = 400, bytesMax = 4_000_000): Promise<Exchange> {
  return new Promise((resolve) => {
    const socket = connect(camera.httpPort, camera.address)
    const chunks: Buffer[] = []
    let received = 0
    let ticks = Math.ceil(waitMs / TICK_MS)
    const finish = (ended: Exchange['ended']) => {
      clearInterval(timer)
      socket.destroy()
      const bytes = Buffer.concat(chunks)
      resolve({ bytes, text: bytes.toString('utf8'), ended })
    }
    const timer = setInterval(() => {
      ticks -= 1
      if (ticks <= 0) finish('open')
    }, TICK_MS)
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      received += chunk.length
      if (received >= bytesMax) finish('open')
    })
    socket.on('error', () => finish('reset'))
    socket.on('end', () => finish('closed'))
    socket.on('close', () => finish('closed'))
    socket.write(text)
  })
}

/** A plain GET or POST, as JavaScript's own client sees it. */
export async function statusOf(camera: SimulatedCamera, path?: string): Promise<number> {
  const response = await fetch(serviceUrl(camera, path), { redirect: 'manual' })
  await response.arrayBuffer()
  return response.status
}
