import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { type CameraOptions, type SimulatedCamera, startFleet } from './index.ts'
import { call, type SoapAnswer, securityHeader } from './soap-client.testing.ts'

export const PASSWORD = 'secret'

/** A fleet of one camera that raises nothing by itself, on free ports. */
export async function oneCamera(camera: CameraOptions) {
  const cameras = [{ eventIntervalMs: 0, ...camera }]
  const fleet = await startFleet({ cameras, httpPort: 0, rtspPort: 0, discoveryPort: 0, password: PASSWORD })
  const [first] = fleet.cameras
  assert.ok(first)
  return { camera: first, [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() }
}

export function serviceUrl(camera: SimulatedCamera, path = '/onvif/device_service'): string {
  return `http://${camera.address}:${camera.httpPort}${path}`
}

/** One operation of a camera that takes WS-UsernameToken. */
export function ask(camera: SimulatedCamera, body: string, path?: string): Promise<SoapAnswer> {
  return call(serviceUrl(camera, path), securityHeader(PASSWORD, Date.now()), body)
}

export async function until(isSo: () => boolean, limitMs = 20_000): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!isSo()) {
    assert.ok(performance.now() < deadline, 'it did not come in time')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Sends a datagram to a camera's discovery port, and gathers the answers until there are that many, or time is up. */
export async function datagrams(camera: SimulatedCamera, text: string, count = 1, waitMs = 10_000): Promise<string[]> {
  const socket = createSocket('udp4')
  const heard: string[] = []
  socket.on('message', (datagram) => heard.push(datagram.toString('utf8')))
  try {
    socket.send(text, camera.discoveryPort, camera.address)
    const deadline = performance.now() + waitMs
    while (heard.length < count && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))
    return heard
  } finally {
    socket.close()
  }
}

const HEAD =
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">' +
  '<s:Header><a:MessageID>urn:uuid:42</a:MessageID></s:Header><s:Body>'

export const PROBE = `${HEAD}<Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery"/></s:Body></s:Envelope>`

export function resolveFor(endpoint: string): string {
  const reference = `<a:EndpointReference><a:Address>${endpoint}</a:Address></a:EndpointReference>`
  return `${HEAD}<Resolve xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery">${reference}</Resolve></s:Body></s:Envelope>`
}
