import assert from 'node:assert/strict'
import type { NetworkInterfaceInfo } from 'node:os'
import { describe, it } from 'node:test'
import type { HookCall } from '../../firmware-hooks/hooks/hook-event.ts'
import { ledState } from './led.ts'
import { networkCalls, networksOf } from './network.ts'
import { isLow } from './storage.ts'
import { watchBox } from './watch.ts'

const MIB = 1_048_576

const at = (address: string, internal = false): NetworkInterfaceInfo => ({
  ...{ address, internal, family: 'IPv4', netmask: '255.255.255.0', mac: '02:00:00:00:00:01', cidr: null },
})

/** Looks as often as there are looks to take, then stops. */
async function watched(looks: readonly { net: NodeJS.Dict<NetworkInterfaceInfo[]>; freeBytes: number | undefined }[]) {
  const stop = new AbortController()
  const calls: HookCall[] = []
  const storage: boolean[] = []
  let turn = 0
  await watchBox({
    stateDir: '/state',
    signal: stop.signal,
    hasHooks: () => true,
    onCall: (call) => calls.push(call),
    onStorage: (low) => storage.push(low),
    clock: {
      ...{ nowMs: () => 0, monotonicMs: () => 0 },
      sleep: async () => {
        turn += 1
        if (turn === looks.length) stop.abort()
      },
    },
    look: {
      interfaces: () => looks[turn]?.net ?? {},
      room: async () => {
        const freeBytes = looks[turn]?.freeBytes
        if (freeBytes === undefined) throw new Error('no such disk')
        return { freeBytes, sizeBytes: 1000 * MIB }
      },
    },
  })
  return { calls, storage }
}

describe('the watch for hooks', () => {
  it('tells networks that are there, go, come and change', async () => {
    const lo = { lo: [at('127.0.0.1', true)] }
    const { calls } = await watched(
      [
        { ...lo, eth0: [at('192.0.2.7')], wlan0: [at('169.254.7.7'), at('fe80::7')] },
        { ...lo, eth0: [at('192.0.2.7')] },
        lo,
        { ...lo, eth0: [at('192.0.2.8')] },
        { ...lo, eth0: [at('192.0.2.9')] },
      ].map((net) => ({ net, freeBytes: 900 * MIB })),
    )
    assert.deepEqual(
      calls.map((call) => [call.event, 'addresses' in call.facts ? call.facts.addresses.join() : '']),
      [
        ['network-up', '192.0.2.7'],
        ['network-down', ''],
        ['network-up', '192.0.2.8'],
        ['network-up', '192.0.2.9'],
      ],
    )
  })

  it('tells a disk that is nearly full once, until there is clearly more room', async () => {
    const free = [900, 40, 60, undefined, 40, 80, 40]
    const { calls, storage } = await watched(
      free.map((mib) => ({ net: {}, freeBytes: mib === undefined ? undefined : mib * MIB })),
    )
    assert.deepEqual(
      calls.map(({ event }) => event),
      ['storage-low', 'storage-low'],
    )
    assert.deepEqual(calls[0]?.facts, { folder: '/state', freeBytes: 40 * MIB, sizeBytes: 1000 * MIB })
    assert.deepEqual(storage, [true, false, true])
  })

  it('knows small flash from a large disk', () => {
    assert.equal(isLow({ freeBytes: 10 * MIB, sizeBytes: 64 * MIB }, false), true)
    assert.equal(isLow({ freeBytes: 20 * MIB, sizeBytes: 64 * MIB }, false), false)
    assert.equal(isLow({ freeBytes: 600 * MIB, sizeBytes: 1_000_000 * MIB }, false), false)
  })

  it('finds no difference between a network and itself', () => {
    const networks = networksOf({ eth0: [at('192.0.2.7')] })
    assert.deepEqual(networkCalls(networks, networks), [])
  })
})

describe('the light', () => {
  it('shows what a person beside the box can act on first', () => {
    const well = { stopping: false, ready: true, claimed: true, connected: true, trouble: false, cap: false }
    const table = [
      [{}, 'online'],
      [{ cap: true }, 'capped'],
      [{ cap: true, trouble: true }, 'attention'],
      [{ trouble: true, connected: false }, 'offline'],
      [{ connected: false, ready: false }, 'starting'],
      [{ ready: false, claimed: false }, 'unclaimed'],
      [{ stopping: true, claimed: false }, 'stopping'],
    ] as const
    for (const [change, state] of table) assert.equal(ledState({ ...well, ...change }), state)
  })
})
