import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../agent/base/clock.ts'
import { newId } from '../../agent/base/ids.ts'
import { silentLogger } from '../../agent/base/logger.ts'
import { Secret } from '../../agent/base/secret.ts'
import { openStateDatabase } from '../../agent/cli/state.ts'
import { Cap } from '../../agent/consent/cap.ts'
import { Consent } from '../../agent/consent/consent.ts'
import { Egress } from '../../agent/egress/egress.ts'
import { signGrant } from '../../agent/protocol/grant.ts'

// Runs on a disk of its own that is a few megabytes large, fills it, and takes permission away. Says on standard output
// what is left after each way of doing so.
const [disk = ''] = process.argv.slice(2)
const AGENT = 'agentaaaaaaaaaaa'
const ACCOUNT = 'accountaaaaaaaaa'
const CAMERA = 'cameraaaaaaaaaaa'
const owner = generateKeyPairSync('ed25519')
const filler = join(disk, 'filler')

function openBox(stateDir: string) {
  mkdirSync(stateDir, { recursive: true })
  const db = openStateDatabase(join(stateDir, 'state.db'))
  const cap = new Cap(stateDir)
  const pins = { agent: AGENT, account: ACCOUNT, grantKey: owner.publicKey }
  const consent = new Consent({ db, pins, cap, clock: systemClock, onChange: () => {} })
  const egress = new Egress({
    stateDir,
    grantFor: (camera, kind) => consent.grant(camera, kind),
    // Nobody is there, and nothing is sent.
    target: { bridgeUrl: 'http://127.0.0.1:1', agent: AGENT, token: new Secret('a token') },
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    onActivity: () => {},
  })
  const close = () => {
    egress[Symbol.dispose]()
    consent[Symbol.dispose]()
    db.close()
  }
  return { cap, consent, egress, close, media: () => readdirSync(join(stateDir, 'media-queue')).length }
}

type Box = ReturnType<typeof openBox>

const signed = (serial: number, cameras: string[]) => {
  const [notBefore, expires] = [0, Date.now() + 3_600_000]
  const ids = { account: ACCOUNT, agent: AGENT, grantedBy: ACCOUNT }
  const allowed = cameras.map((camera) => ({ camera, kinds: ['clip' as const] }))
  return signGrant({ v: 1, ...ids, serial, notBefore, expires, cameras: allowed }, owner.privateKey)
}

async function enqueueClips({ consent, egress }: Box, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const grant = consent.grant(CAMERA, 'clip')
    if (!grant) throw new Error('No grant')
    const content = randomBytes(50_000)
    const path = join(disk, `made-${i}`)
    writeFileSync(path, content)
    await egress.enqueue(grant, {
      item: newId(),
      camera: CAMERA,
      kind: 'clip',
      contentType: 'video/mp4',
      path,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      takenAt: Date.now(),
      durationMs: 1000,
      reason: 'motion',
    })
  }
}

function fill(): void {
  for (let bytes = 65_536; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(bytes))
    } catch {
      // Full for pieces of that size.
    }
  }
}

async function revokedBy(name: string, revoke: (box: Box) => void) {
  const stateDir = join(disk, name)
  const box = openBox(stateDir)
  box.consent.accept(signed(1, [CAMERA]))
  await enqueueClips(box, 3)
  const queuedBefore = box.media()
  const grant = box.consent.grant(CAMERA, 'clip')
  fill()
  let trouble = ''
  try {
    revoke(box)
    // That the cap was put on is noticed by itself, by what must not keep a process alive.
    while (grant && !grant.signal.aborted) await systemClock.sleep(10)
  } catch (error) {
    trouble = error instanceof Error ? error.message : 'unknown'
  }
  const left = { media: box.media(), allowed: box.consent.allows(CAMERA, 'clip') }
  box.close()
  fill()
  const again = openBox(stateDir)
  const afterRestart = { media: again.media(), allowed: again.consent.allows(CAMERA, 'clip') }
  again.close()
  rmSync(filler)
  return { queuedBefore, trouble, left, afterRestart }
}

const said = {
  byOwner: await revokedBy('owner', ({ consent }) => consent.accept(signed(2, []))),
  byCap: await revokedBy('cap', ({ cap }) => cap.set(true)),
}
process.stdout.write(`${JSON.stringify(said)}\n`)
