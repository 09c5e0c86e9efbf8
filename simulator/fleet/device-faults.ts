import type { FaultName } from '../faults/fault.ts'
import { addressAfter } from './options.ts'

/** What a fault of the whole device needs of a camera. */
export interface Faulty {
  readonly firstAddress: string
  /** Whether the fault is on still. */
  isFaulty(name: FaultName): boolean
  clearFault(name: FaultName): void
  switchOff(): Promise<void>
  switchOn(): Promise<void>
  reboot(awayMs?: number): Promise<void>
  moveTo(address: string): Promise<void>
  swap(times: number): Promise<void>
  refuseConnections(isRefusing: boolean): Promise<void>
  cutConnections(): void
  raise(kind: 'motion'): void
  after(delayMs: number, run: () => void): void
}

interface DeviceRule {
  readonly begin: (camera: Faulty, value: number) => Promise<void> | void
  readonly end?: (camera: Faulty) => Promise<void>
}

const RAISES_PER_SECOND_MAX = 1000

/** What happens at once when a fault begins and when it ends; all others are asked for when they matter. */
const DEVICE_RULES: Partial<Record<FaultName, DeviceRule>> = {
  unreachable: { begin: (camera) => camera.cutConnections() },
  'connection-refused': {
    begin: (camera) => camera.refuseConnections(true),
    end: (camera) => camera.refuseConnections(false),
  },
  'power-cut': { begin: (camera) => camera.switchOff(), end: (camera) => camera.switchOn() },
  rebooting: {
    begin: async (camera, seconds) => {
      await camera.reboot(Math.max(0, seconds) * 1000)
      camera.clearFault('rebooting')
    },
  },
  'reboot-loop': {
    begin: (camera, seconds) =>
      repeat(camera, 'reboot-loop', Math.max(0.1, seconds) * 1000, () => void camera.reboot().catch(() => {})),
  },
  moved: {
    begin: (camera, count) => camera.moveTo(addressAfter(camera.firstAddress, count)),
    end: (camera) => camera.moveTo(camera.firstAddress),
  },
  swapped: { begin: (camera) => camera.swap(1), end: (camera) => camera.swap(0) },
  'event-storm': {
    begin: (camera, perSecond) =>
      repeat(camera, 'event-storm', 1000 / Math.min(Math.max(perSecond, 0.1), RAISES_PER_SECOND_MAX), () =>
        camera.raise('motion'),
      ),
  },
}

function repeat(camera: Faulty, name: FaultName, everyMs: number, run: () => void): void {
  camera.after(everyMs, () => {
    if (!camera.isFaulty(name)) return
    run()
    repeat(camera, name, everyMs, run)
  })
}

export async function beginFault(camera: Faulty, name: FaultName, value: number): Promise<void> {
  await DEVICE_RULES[name]?.begin(camera, value)
}

export async function endFault(camera: Faulty, name: FaultName): Promise<void> {
  await DEVICE_RULES[name]?.end?.(camera)
}
