import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type Effort, type Figure, figureOf, repeat } from '../figure.ts'
import { DISCOVERY_PORT, startSimulator } from './start.ts'

const CAMERAS = 1000
const GROUP = '239.255.255.250'
/** WS-Discovery's APP_MAX_DELAY: no camera waits longer before it answers. */
const SPREAD_MS = 500
const GIVE_UP_MS = 5000

const PROBE =
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header>' +
  '<a:MessageID>urn:uuid:1000</a:MessageID></s:Header><s:Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery" ' +
  'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><Types>dn:NetworkVideoTransmitter</Types></Probe></s:Body></s:Envelope>'

/** How long it takes until a plain UDP socket has heard all of a thousand cameras, after one multicast probe. */
export async function discovery({ runs }: Effort): Promise<Figure[]> {
  await using _simulator = await startSimulator(CAMERAS)
  const found = await repeat(runs, probeOnce)
  return [
    figureOf(
      { name: 'cameras found by one probe', unit: 'cameras', peer: 'cameras started', better: 'higher' },
      found.map(({ endpoints }) => endpoints),
      [CAMERAS],
    ),
    figureOf(
      { name: 'until the last has answered', unit: 'ms', peer: 'APP_MAX_DELAY of WS-Discovery', better: 'lower' },
      found.map(({ lastMs }) => lastMs),
      [SPREAD_MS],
    ),
  ]
}

async function probeOnce(): Promise<{ endpoints: number; lastMs: number }> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.setMulticastInterface('127.0.0.1')
  const endpoints = new Set<string>()
  const begun = performance.now()
  let lastMs = 0
  const all = new Promise<void>((resolve) => {
    socket.on('message', (datagram) => {
      endpoints.add(/urn:uuid:[^<]+(?=<\/a:Address>)/.exec(String(datagram))?.[0] ?? '')
      lastMs = performance.now() - begun
      if (endpoints.size === CAMERAS) resolve()
    })
    setTimeout(resolve, GIVE_UP_MS).unref()
  })
  socket.send(PROBE, DISCOVERY_PORT, GROUP)
  await all
  socket.close()
  return { endpoints: endpoints.size, lastMs }
}
