import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { RtspClient } from 'yellowstone'
import type { FaultName } from '../faults/fault.ts'
import { startFleet } from './index.ts'
import { PASSWORD } from './one-camera.testing.ts'
import { TestRtspClient } from './rtsp-client.testing.ts'
import { type Seen, type Stage, watch } from './yellowstone.testing.ts'

/** Gives whether the effect was there to see. Called without the fault too, and must then say no. */
type Shows = (stage: Stage, isFaulty: boolean) => Promise<boolean>

/** The value that the fault is given for the test, and how its effect is seen. */
export type RtspEffect = readonly [value: number | undefined, shows: Shows]

const PLAYED_MS = 20_000

/** What yellowstone sees of a camera that is well, once for each camera. */
const wellSeen = new WeakMap<Stage, Promise<Seen>>()

/** An effect on yellowstone. Without the fault, it must not be in what is seen of a whole healthy session. */
export function toYellowstone(shows: (seen: Seen) => boolean, value?: number): RtspEffect {
  return [
    value,
    async (stage, isFaulty) => {
      if (isFaulty) return shows(await watch(stage, shows))
      const well = wellSeen.get(stage) ?? watch(stage, ({ passedMs }) => passedMs >= PLAYED_MS)
      wellSeen.set(stage, well)
      return shows(await well)
    },
  ]
}

/** A test of each fault: its effect is seen with the fault, not without, and the camera plays again after it. */
export function testRtspFaults<Name extends FaultName>(
  Client: typeof RtspClient,
  address: string,
  effects: Readonly<Record<Name, RtspEffect>>,
): void {
  const running: { stage?: Stage; stop?: () => Promise<void> } = {}
  before(async () => {
    const time = { nowMs: Date.now() }
    const fleet = await startFleet({
      // yellowstone's Digest can't be used: it never finds the realm.
      cameras: [{ profile: 'plain', eventIntervalMs: 0, address, faults: ['open-to-all'] }],
      ...{ password: PASSWORD, httpPort: 0, rtspPort: 0, discoveryPort: 0, clock: () => time.nowMs },
    })
    const [camera] = fleet.cameras
    assert.ok(camera)
    running.stage = { Client, camera, time, uri: `rtsp://${address}:${camera.rtspPort}/stream/1/sub` }
    running.stop = async () => fleet[Symbol.asyncDispose]()
  })
  after(() => running.stop?.())
  const names = Object.keys(effects).filter((name): name is Name => Object.hasOwn(effects, name))
  for (const name of names) {
    const [value, shows] = effects[name]
    test(name, async () => {
      const { stage } = running
      assert.ok(stage)
      assert.equal(await shows(stage, false), false, 'it is not seen without the fault')
      stage.camera.setFault(name, value)
      try {
        assert.ok(await shows(stage, true), 'it is seen')
      } finally {
        stage.camera.clearFault(name)
      }
      const { packets, outcome } = await watch(stage, (seen) => seen.packets.length > 10)
      assert.ok(packets.length > 10, `and it plays without it: ${outcome}`)
    })
  }
}

/** Moves a camera's time on until it is so. Gives whether it became so. */
export async function passUntil({ time }: Stage, isSo: () => boolean, stepMs = 500, stepsMax = 60): Promise<boolean> {
  for (let step = 0; step < stepsMax && !isSo(); step++) {
    await new Promise((resolve) => setTimeout(resolve, 22))
    time.nowMs += stepMs
  }
  return isSo()
}

/** A client of the tests' own, for what yellowstone doesn't do or doesn't tell. */
export async function withClient<T>({ camera }: Stage, use: (client: TestRtspClient) => Promise<T> | T): Promise<T> {
  using client = await TestRtspClient.connect(camera.address, camera.rtspPort, PASSWORD)
  return await use(client)
}

/** While credentials are asked for. */
export async function behindLogin<T>({ camera }: Stage, use: () => Promise<T>): Promise<T> {
  camera.clearFault('open-to-all')
  try {
    return await use()
  } finally {
    camera.setFault('open-to-all')
  }
}

/** The description that yellowstone was given. */
export const sdpOf = ({ answers }: Seen) => /v=0[\s\S]*/.exec(answers[0] ?? '')?.[0] ?? ''
export const answering = ({ answers }: Seen, pattern: RegExp) => answers.some((text) => pattern.test(text))
