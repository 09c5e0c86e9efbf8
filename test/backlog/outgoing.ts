import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../agent/base/clock.ts'
import { newId } from '../../agent/base/ids.ts'
import { silentLogger } from '../../agent/base/logger.ts'
import { openStateDatabase } from '../../agent/cli/state.ts'
import { Cap } from '../../agent/consent/cap.ts'
import { Consent } from '../../agent/consent/consent.ts'
import { Egress, type EgressActivity } from '../../agent/egress/egress.ts'
import { loadIdentity } from '../../agent/transport/identity.ts'

const QUEUE_BYTES_MAX = 4 * 1024 ** 3

/** The agent's own consent and egress over a claimed box's state folder, and nothing else of it. */
export async function openOutgoing(stateDir: string, bridgeUrl: string, onActivity = (_: EgressActivity) => {}) {
  const { claimed } = await loadIdentity(stateDir)
  if (!claimed) throw new Error(`The box in ${stateDir} is not claimed yet`)
  const stack = new DisposableStack()
  const db = stack.adopt(openStateDatabase(join(stateDir, 'state.db')), (open) => open.close())
  const cap = new Cap(stateDir)
  const consent = stack.use(new Consent({ db, pins: claimed, cap, clock: systemClock, onChange() {} }))
  const egress = stack.use(
    new Egress({
      stateDir,
      grantFor: (camera, kind) => consent.grant(camera, kind),
      target: { bridgeUrl, agent: claimed.agent, token: claimed.token },
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
      onActivity,
      // Lives are short here: what a box does within minutes must fit into them.
      limits: { bytesMax: QUEUE_BYTES_MAX, retry: { firstDelayMs: 50, delayMsMax: 500, steadyAfterMs: 1000 } },
    }),
  )
  return { consent, egress, [Symbol.dispose]: () => stack.dispose() }
}

/** A clip that waits: its id, and the SHA-256 of what the camera gave. */
export interface Waiting {
  readonly item: string
  readonly sha256: string
}

/** Queues clips of random bytes, as a camera's would be, and says what they were. */
export async function fill(stateDir: string, camera: string, sizes: readonly number[]): Promise<Waiting[]> {
  using outgoing = await openOutgoing(stateDir, 'http://127.0.0.1:1')
  const grant = outgoing.consent.grant(camera, 'clip')
  if (!grant) throw new Error('The owner does not allow clips of this camera')
  const waiting: Waiting[] = []
  for (const [n, bytes] of sizes.entries()) {
    const [item, path] = [newId(), join(stateDir, 'made')]
    const content = randomBytes(bytes)
    await writeFile(path, content)
    const sha256 = createHash('sha256').update(content).digest('hex')
    const words = { item, camera, kind: 'clip', contentType: 'video/mp4', durationMs: 1000, reason: 'motion' } as const
    await outgoing.egress.enqueue(grant, { ...words, path, bytes, sha256, takenAt: Date.now() - n * 1000 })
    waiting.push({ item, sha256 })
  }
  return waiting
}
