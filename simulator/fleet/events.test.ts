import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { startFleet } from './index.ts'
import { ownNet } from './own-net.testing.ts'

const net = await ownNet()

const FREE_PORTS = { httpPort: 0, rtspPort: 0, password: 'secret' }
const GROUP = '239.255.255.250'

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000
  while (!isSo()) {
    assert.ok(performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('a camera raises motion of its own accord, and ends it', async () => {
  const cameras = [{ profile: 'nvr', address: net(1), eventIntervalMs: 150 } as const]
  await using fleet = await startFleet({ cameras, ...FREE_PORTS, discoveryPort: 0 })
  const events = () => fleet.cameras[0]?.journal.events() ?? []
  await until(() => events().some((event) => event.event === 'motion' && !event.active))
  const [first] = events()
  assert.deepEqual([first?.event, first?.active], ['motion', true])
  assert.ok(new Set(events().map((event) => event.channel)).size > 1, 'on more channels than one')
})

test('one seed gives the same events, in the same order and of the same length, whatever else is asked for', async () => {
  const rows = async (seed: string, isAsking: boolean) => {
    const cameras = [{ profile: 'nvr', address: net(2), eventIntervalMs: 15 } as const]
    await using fleet = await startFleet({ cameras, ...FREE_PORTS, discoveryPort: 0, seed })
    const events: string[] = []
    let isAsked = false
    const ask = () => {
      isAsked = true
      fleet.cameras[0]?.raise('person')
      isAsked = false
    }
    using _watching = fleet.watch((_camera, deed) => {
      if (deed.act !== 'raise' || isAsked) return
      events.push(`${deed.event} ${deed.channel} ${deed.activeMs}`)
      if (isAsking) ask()
    })
    if (isAsking) ask()
    await until(() => events.length >= 8)
    return events.slice(0, 8)
  }
  const first = await rows('same', false)
  assert.deepEqual(await rows('same', true), first)
  assert.notDeepEqual(await rows('other', false), first)
})

test('where the host has a discovery group, cameras say Hello and Bye in it and answer its probes', async () => {
  await using group = await listenInGroup(net(3))
  const cameras = [net(3), net(4)].map((address) => ({
    profile: 'axis' as const,
    address,
    eventIntervalMs: 0,
  }))
  await using fleet = await startFleet({ cameras, ...FREE_PORTS, discoveryPort: group.port })
  assert.equal(fleet.multicast, group.isPermitted ? 'joined' : 'unavailable')
  if (!group.isPermitted) return
  const heard = (word: string) => group.heard.filter((text) => text.includes(`discovery/${word}<`)).length
  await until(() => heard('Hello') === 2)
  group.socket.send(PROBE, group.port, GROUP)
  await until(() => heard('ProbeMatches') === 2)
  for (const camera of fleet.cameras)
    assert.ok(group.heard.some((text) => text.includes('ProbeMatches') && text.includes(camera.truth.endpoint)))
  await fleet[Symbol.asyncDispose]()
  await until(() => heard('Bye') === 2)
})

const PROBE =
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header>' +
  '<a:MessageID>urn:uuid:7</a:MessageID></s:Header><s:Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery"/></s:Body></s:Envelope>'

/** Hears the group and what is sent to itself, on a port of its own; says whether this host permits it. */
async function listenInGroup(address: string) {
  const listener = createSocket({ type: 'udp4', reuseAddr: true })
  const socket = createSocket('udp4')
  const heard: string[] = []
  for (const one of [listener, socket]) one.on('message', (datagram) => heard.push(datagram.toString()))
  listener.bind(0, GROUP)
  socket.bind(0, '127.0.0.1')
  await Promise.all([once(listener, 'listening'), once(socket, 'listening')])
  let isPermitted = true
  try {
    listener.addMembership(GROUP, address)
    socket.setMulticastInterface('127.0.0.1')
  } catch {
    isPermitted = false
  }
  const close = async () => {
    listener.close()
    socket.close()
  }
  return { socket, heard, port: listener.address().port, isPermitted, [Symbol.asyncDispose]: close }
}
