import type { FaultKind } from '../faults/catalogue/kinds.ts'
import { FAULT_GROUPS, type FaultSetting } from '../faults/fault.ts'
import type { Deed, Fleet, SimulatedCamera } from '../fleet/index.ts'
import { addressesBetween } from '../fleet/options.ts'
import { writtenProfile } from './written-profile.ts'

/** How a recording begins: who the cameras are, and what they are in the midst of. Throws RangeError as `writtenProfile`. */
export function headOf(fleet: Fleet, at: Date): { readonly text: string; readonly steps: number } {
  const { seed, firstAddress, httpPort, rtspPort, discoveryPort } = fleet.makeup
  const ports = Object.entries({ 'http-port': httpPort, 'rtsp-port': rtspPort, 'discovery-port': discoveryPort })
  const steps = fleet.cameras.flatMap((camera) => stateOf(camera, firstAddress))
  const lines = [
    '# A recording of lenscap-simulator. It plays it again with: lenscap-simulator run --scenario FILE',
    `recorded: ${at.toISOString()}`,
    `seed: ${scalar(seed)}`,
    'fleet:',
    `  seed: ${scalar(seed)}`,
    `  address: ${firstAddress}`,
    ...ports.flatMap(([name, port]) => (port === undefined ? [] : [`  ${name}: ${port}`])),
    '  # What they did by chance is among the steps.',
    '  event-interval: 0s',
    '  cameras:',
    ...fleet.cameras.map((camera, i) => `    - ${entryOf(camera, i, firstAddress)}`),
    'steps:',
  ]
  return { text: `${lines.join('\n')}\n${steps.join('')}`, steps: steps.length }
}

function entryOf(camera: SimulatedCamera, index: number, firstAddress: string): string {
  const { profile, address, name, video } = camera.makeup
  const offset = addressesBetween(firstAddress, address)
  return flow({
    profile: writtenProfile(profile),
    name,
    ...(offset === index ? {} : { offset }),
    // All that are on are written down, so those that the brand has of itself needn't come by themselves.
    ...(profile.faults.length > 0 ? { 'without-faults': true } : {}),
    ...(camera.faults.length > 0 ? { faults: camera.faults.map(faultText) } : {}),
    ...(video === undefined ? {} : { video }),
  })
}

/** Where a camera isn't as it was made, the recording begins with what makes it so. */
function stateOf(camera: SimulatedCamera, firstAddress: string): string[] {
  const deeds: Deed[] = []
  if (camera.address !== camera.makeup.address) deeds.push({ act: 'move', address: camera.address })
  if (camera.device !== 0) deeds.push({ act: 'swap', device: camera.device })
  if (!camera.isOn) deeds.push({ act: 'power', on: false })
  return deeds.map((deed) => stepOf(0, camera.id, deed, firstAddress))
}

/** One line of a recording's steps. */
export function stepOf(atMs: number, camera: string, deed: Deed, firstAddress: string): string {
  return `  - ${flow({ at: `${Math.round(atMs)}ms`, camera, ...partsOf(deed, firstAddress) })}\n`
}

function partsOf(deed: Deed, firstAddress: string): Record<string, unknown> {
  switch (deed.act) {
    case 'raise':
      return { raise: deed.event, channel: deed.channel, for: `${Math.round(deed.activeMs)}ms` }
    case 'fault':
      return { fault: faultText(deed.fault) }
    case 'clear':
      return { clear: deed.name }
    case 'power':
      return { power: deed.on ? 'on' : 'off' }
    case 'reboot':
      return { reboot: `${Math.round(deed.awayMs)}ms` }
    case 'move': {
      const offset = addressesBetween(firstAddress, deed.address)
      return { move: `first${offset < 0 ? '' : '+'}${offset}` }
    }
    case 'swap':
      return { swap: deed.device }
  }
}

/** As the command line writes it. */
function faultText({ name, value }: FaultSetting): string {
  const kinds: Readonly<Record<string, FaultKind>> = Object.assign({}, ...Object.values(FAULT_GROUPS))
  return kinds[name]?.value === 'none' ? name : `${name}=${value}`
}

/** A mapping in one line. */
function flow(parts: Readonly<Record<string, unknown>>): string {
  return `{ ${Object.entries(parts)
    .map(([key, value]) => `${key}: ${written(value)}`)
    .join(', ')} }`
}

function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`
  return typeof value === 'string' ? scalar(value) : JSON.stringify(value)
}

/** Plain where no reader could take it for anything but text; else as JSON writes it, which is YAML too. */
function scalar(text: string): string {
  const isPlain = /^[a-z][\w.+=/-]*( [\w.+=/-]+)*$/i.test(text) && !/^(true|false|null|yes|no)$/i.test(text)
  const isTime = /^\d+ms$/.test(text)
  return isPlain || isTime ? text : JSON.stringify(text)
}
