import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { SimulatedCamera } from '../../simulator/fleet/index.ts'
import { until } from '../harness/until.ts'

const GROUP = '239.255.255.250'
const HEAD =
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" ' +
  'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Header><a:MessageID>urn:uuid:1</a:MessageID></s:Header><s:Body>'
const TAIL = '</s:Body></s:Envelope>'

/** Asks with a Probe and a Resolve: the datagrams that came back. */
export async function answersToProbes(camera: SimulatedCamera): Promise<string[]> {
  const reference = `<a:EndpointReference><a:Address>${camera.truth.endpoint}</a:Address></a:EndpointReference>`
  const socket = createSocket('udp4')
  const heard: string[] = []
  socket.on('message', (datagram) => heard.push(datagram.toString('utf8')))
  try {
    for (const question of ['<d:Probe/>', `<d:Resolve>${reference}</d:Resolve>`])
      socket.send(HEAD + question + TAIL, camera.discoveryPort, camera.address)
    await until('an answer to a probe and to a resolve', () => heard.length >= 2)
    return heard
  } finally {
    socket.close()
  }
}

/** What the camera says to the group when it comes and goes; nothing where this host has no way to the group. */
export async function saidToGroup(camera: SimulatedCamera): Promise<string[]> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  const heard: string[] = []
  socket.on('error', () => {})
  socket.on('message', (datagram, from) => {
    if (from.address === camera.address) heard.push(datagram.toString('utf8'))
  })
  try {
    socket.bind(camera.discoveryPort, GROUP)
    await once(socket, 'listening')
    socket.addMembership(GROUP, camera.address)
    await camera.responder?.sayHello()
    await camera.responder?.sayBye()
    await until('a Hello and a Bye', () => heard.length >= 2, 1000)
    return heard
  } catch {
    return heard
  } finally {
    socket.close()
  }
}
