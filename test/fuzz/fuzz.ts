import assert from 'node:assert/strict'
import fc from 'fast-check'
import { systemClock } from '../../agent/base/clock.ts'
import { LenscapError } from '../../agent/base/errors.ts'
import { Secret } from '../../agent/base/secret.ts'
import { matchesIn } from '../../agent/discovery/messages.ts'
import { openDevice } from '../../agent/onvif/device.ts'
import { mutate, mutation } from './mutations.ts'
import { OPERATIONS } from './operations.ts'
import type { Recording } from './record.ts'
import { ReplayingCamera } from './replaying-camera.ts'

export interface Fuzzing {
  readonly runs: number
  readonly seed: number
  /** Called after each run. */
  readonly tell?: () => void
}

/** `understood`: ended with a value; `refused`: with a LenscapError; `busyMsMax`: the most processor time that one took. */
export interface Outcome {
  readonly understood: number
  readonly refused: number
  readonly busyMsMax: number
}

const STATUSES = [200, 200, 200, 200, 400, 401, 500, 503]
const CHALLENGES = Buffer.from(
  'Basic realm="cam", Digest realm="cam", nonce="5f3a", algorithm=SHA-256, qop="auth,auth-int", opaque="x", stale=true',
)
const credential = { username: 'admin', password: new Secret('not to be seen') }
const DEADLINE_MS = 20_000

/** @throws Error of fast-check, with the smallest case and how to repeat it, where anything but a LenscapError comes out */
export async function fuzzReplies(recordings: readonly Recording[], { runs, seed, tell }: Fuzzing): Promise<Outcome> {
  const outcome = { understood: 0, refused: 0, busyMsMax: 0 }
  const [any] = recordings
  assert.ok(any, 'something is recorded')
  await using camera = await ReplayingCamera.start(any)
  const cases = fc.record({
    recording: fc.constantFrom(...recordings),
    operation: fc.constantFrom(...Object.keys(OPERATIONS)),
    status: fc.constantFrom(...STATUSES),
    changes: mutation,
    headerChanges: mutation,
  })
  const property = fc.asyncProperty(cases, async ({ recording, operation, status, changes, headerChanges }) => {
    const honest = recording.replies.get(operation)
    if (!honest) return
    const challenge = status === 401 ? headerOf(mutate(CHALLENGES, headerChanges)) : ''
    camera.play(recording, operation, { ...honest, status, body: mutate(honest.body, changes), challenge })
    const before = process.threadCpuUsage()
    const isUnderstood = await asked(camera.port, operation)
    const { user, system } = process.threadCpuUsage(before)
    outcome[isUnderstood ? 'understood' : 'refused'] += 1
    outcome.busyMsMax = Math.max(outcome.busyMsMax, (user + system) / 1000)
    tell?.()
  })
  await fc.assert(property, { seed, numRuns: runs })
  return outcome
}

/** What a server can put into a header. */
const headerOf = (value: Buffer) =>
  value
    .toString('latin1')
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
    .slice(0, 8000)

/** Whether a value came out. @throws what is no LenscapError, and the deadline */
async function asked(port: number, operation: string): Promise<boolean> {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  try {
    const device = await openDevice({ address: '127.0.0.1', port, credential, clock: systemClock, signal })
    await OPERATIONS[operation]?.(device, signal)
    return true
  } catch (error) {
    if (!(error instanceof LenscapError) || signal.aborted) throw error
    assert.ok(!JSON.stringify([error.message, error.facts]).includes('not to be seen'), 'no password in an error')
    return false
  }
}

/** As `fuzzReplies`, for what a probe may be answered with. */
export function fuzzDatagrams(recordings: readonly Recording[], { runs, seed, tell }: Fuzzing): Outcome {
  const outcome = { understood: 0, refused: 0, busyMsMax: 0 }
  const property = fc.property(fc.constantFrom(...recordings), mutation, ({ datagram }, changes) => {
    const changed = mutate(datagram, changes).subarray(0, 65_507)
    const before = process.threadCpuUsage()
    const matches = matchesIn(changed)
    const { user, system } = process.threadCpuUsage(before)
    outcome[matches.length > 0 ? 'understood' : 'refused'] += 1
    outcome.busyMsMax = Math.max(outcome.busyMsMax, (user + system) / 1000)
    tell?.()
  })
  fc.assert(property, { seed, numRuns: runs })
  return outcome
}
