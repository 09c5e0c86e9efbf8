import { randomBytes } from 'node:crypto'
import type { Database } from '../base/database.ts'
import { GroupCommit } from '../base/group-commit.ts'
import { type Credential, sameCredential } from '../base/secret.ts'
import { Statements } from '../base/statements.ts'

/**
 * By which way a credential was sent: a camera may have other users for its video than for ONVIF. `token`: by WS-Security,
 * to one whose HTTP login can't be answered: what it refuses so says nothing of the password.
 */
export type Way = 'onvif' | 'token' | 'snapshot' | 'rtsp'

/** `doubted`: refused after it was taken before; it may be a lockout, so it is tried once more. */
export type SignInOutcome = 'accepted' | 'doubted' | 'refused'

const OUTCOMES: readonly SignInOutcome[] = ['accepted', 'doubted', 'refused']

export type QuietReason = 'locked-out' | 'clock' | 'scheme'

const QUIET_REASONS: readonly QuietReason[] = ['locked-out', 'clock', 'scheme']

/** For a while nothing is to be sent to a device at all. */
export interface Lockout {
  readonly reason: QuietReason
  /** UTC ms. */
  readonly untilMs: number
}

/** What a device's gate asks and tells about credentials. `device` is our id, or what stands in for it before there is one. */
export interface RefusalMemory {
  /** Whether the device took or refused this one the last time. */
  last(device: string, credential: Credential, way: Way): SignInOutcome | undefined
  note(device: string, credential: Credential, way: Way, outcome: SignInOutcome, atMs: number): void
  lockout(device: string): Lockout | undefined
  noteLockout(device: string, lockout: Lockout): void
  /** A device that had no id has one now. What is known under that id already stays. */
  rename(from: string, to: string): void
}

/** Under what a rest is remembered that concerns one way alone: the device's other ways stay open. */
export const besideOf = (device: string, way: Way): string => `${device}/${way}`

export const REFUSALS_TABLES = `
  CREATE TABLE credential_device (
    device TEXT PRIMARY KEY,
    salt TEXT NOT NULL,
    quiet_reason TEXT NOT NULL,
    quiet_until INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE credential_outcome (
    mark TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES credential_device (device) ON DELETE CASCADE ON UPDATE CASCADE,
    outcome TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX credential_outcome_device ON credential_outcome (device, at);
`

const DEVICES_MAX = 4_096
const OUTCOMES_PER_DEVICE_MAX = 256

/** Makes the mark of something: the same for the same, and of no use to anyone else. */
export interface Marker {
  mark(...parts: readonly string[]): string
}

interface DeviceRow {
  salt: string
  quiet_reason: string
  quiet_until: number
}

interface Taking {
  device: string
  readonly credential: Credential
  readonly way: Way
  readonly atMs: number
}

/**
 * What came of each credential at each device, on the box's disk. A row holds a keyed hash of device, way, user and password,
 * never one of these. It is asked anew each time, so that the installer's commands beside a running agent count at once.
 * What is refused is on disk at once; what is taken goes there with others of the same moment, since it is merely tried
 * once more where a power cut is quicker.
 */
export class RefusalLog implements RefusalMemory {
  readonly #db: Database
  readonly #statements: Statements
  readonly #group: GroupCommit
  readonly #marker: Marker
  /** What a full disk did not take. */
  readonly #unwritten = new BriefRefusals()
  /** Taken, and on its way to the disk. */
  readonly #taken = new Set<Taking>()

  constructor(db: Database, marker: Marker) {
    this.#db = db
    this.#statements = new Statements(db)
    this.#group = new GroupCommit(db)
    this.#marker = marker
  }

  last(device: string, credential: Credential, way: Way): SignInOutcome | undefined {
    if (this.#isTaken(device, credential, way)) return 'accepted'
    const unwritten = this.#unwritten.last(device, credential, way)
    if (unwritten !== undefined) return unwritten
    const salt = this.#device(device)?.salt
    if (salt === undefined) return undefined
    const row = this.#statements
      .of('SELECT outcome FROM credential_outcome WHERE mark = ?')
      .get(this.#mark(salt, credential, way)) as { outcome: string } | undefined
    return OUTCOMES.find((each) => each === row?.outcome)
  }

  #isTaken(device: string, credential: Credential, way: Way): boolean {
    for (const each of this.#taken)
      if (each.device === device && each.way === way && sameCredential(each.credential, credential)) return true
    return false
  }

  note(device: string, credential: Credential, way: Way, outcome: SignInOutcome, atMs: number): void {
    if (this.last(device, credential, way) === outcome) return
    if (outcome === 'accepted') {
      this.#take({ device, credential, way, atMs })
      return
    }
    // What was taken before it comes before it on the disk, too.
    this.#group.flush()
    this.#write(
      () => this.#unwritten.note(device, credential, way, outcome),
      () => this.#save(device, credential, way, outcome, atMs),
    )
  }

  #take(taking: Taking): void {
    this.#taken.add(taking)
    const { credential, way, atMs } = taking
    const kept = this.#group.add(() => this.#save(taking.device, credential, way, 'accepted', atMs))
    const done = () => this.#taken.delete(taking)
    kept.then(done, () => {
      done()
      this.#unwritten.note(taking.device, credential, way, 'accepted')
    })
  }

  #save(device: string, credential: Credential, way: Way, outcome: SignInOutcome, atMs: number): void {
    const mark = this.#mark(this.#saltOf(device), credential, way)
    this.#statements
      .of(
        `INSERT INTO credential_outcome VALUES (?, ?, ?, ?)
         ON CONFLICT (mark) DO UPDATE SET outcome = excluded.outcome, at = excluded.at`,
      )
      .run(mark, device, outcome, Math.round(atMs))
    this.#statements
      .of(
        `DELETE FROM credential_outcome WHERE mark IN
         (SELECT mark FROM credential_outcome WHERE device = ? ORDER BY at DESC LIMIT -1 OFFSET ?)`,
      )
      .run(device, OUTCOMES_PER_DEVICE_MAX)
  }

  lockout(device: string): Lockout | undefined {
    const unwritten = this.#unwritten.lockout(device)
    if (unwritten) return unwritten
    const row = this.#device(device)
    if (row === undefined || row.quiet_reason === '') return undefined
    const reason = QUIET_REASONS.find((each) => each === row.quiet_reason) ?? 'locked-out'
    return { reason, untilMs: row.quiet_until }
  }

  noteLockout(device: string, lockout: Lockout): void {
    this.#write(
      () => this.#unwritten.noteLockout(device, lockout),
      () => {
        this.#saltOf(device)
        this.#statements
          .of('UPDATE credential_device SET quiet_reason = ?, quiet_until = ? WHERE device = ?')
          .run(lockout.reason, Math.round(lockout.untilMs), device)
      },
    )
  }

  /** A camera must not be sent what it refused because a disk is full. */
  #write(inMemory: () => void, onDisk: () => void): void {
    try {
      this.#db.transaction(onDisk)()
    } catch {
      inMemory()
    }
  }

  rename(from: string, to: string): void {
    for (const each of this.#taken) if (each.device === from) each.device = to
    this.#unwritten.rename(from, to)
    this.#statements.of('UPDATE OR IGNORE credential_device SET device = ? WHERE device = ?').run(to, from)
  }

  /** So that what was refused may be sent once more: to one device, or to all. @returns how many devices it concerns */
  forget(device?: string): number {
    this.#group.flush()
    return device === undefined
      ? this.#statements.of('DELETE FROM credential_device').run().changes
      : this.#statements
          .of("DELETE FROM credential_device WHERE device = @device OR instr(device, @device || '/') = 1")
          .run({ device }).changes
  }

  /** A set that was entered again may be sent once more, whoever refused it before. */
  forgetCredential(credential: Credential): void {
    this.#group.flush()
    const devices = this.#statements.of('SELECT device, salt FROM credential_device').all() as {
      device: string
      salt: string
    }[]
    const drop = this.#statements.of("DELETE FROM credential_outcome WHERE mark = ? AND outcome <> 'accepted'")
    this.#db.transaction(() => {
      for (const { salt } of devices) for (const way of WAYS) drop.run(this.#mark(salt, credential, way))
    })()
  }

  #device(device: string): DeviceRow | undefined {
    return this.#statements
      .of('SELECT salt, quiet_reason, quiet_until FROM credential_device WHERE device = ?')
      .get(device) as DeviceRow | undefined
  }

  #saltOf(device: string): string {
    const known = this.#device(device)
    if (known) return known.salt
    const salt = randomBytes(16).toString('base64')
    this.#statements.of("INSERT INTO credential_device VALUES (?, ?, '', 0)").run(device, salt)
    this.#statements
      .of(
        'DELETE FROM credential_device WHERE rowid IN (SELECT rowid FROM credential_device ORDER BY rowid DESC LIMIT -1 OFFSET ?)',
      )
      .run(DEVICES_MAX)
    return salt
  }

  #mark(salt: string, { username, password }: Credential, way: Way): string {
    return this.#marker.mark(salt, way, username, password.reveal())
  }
}

const WAYS: readonly Way[] = ['onvif', 'token', 'snapshot', 'rtsp']

/** Remembers as long as the process runs, for those who only look round once. */
export class BriefRefusals implements RefusalMemory {
  readonly #outcomes: { device: string; credential: Credential; way: Way; outcome: SignInOutcome }[] = []
  readonly #lockouts = new Map<string, Lockout>()

  last(device: string, credential: Credential, way: Way): SignInOutcome | undefined {
    return this.#find(device, credential, way)?.outcome
  }

  note(device: string, credential: Credential, way: Way, outcome: SignInOutcome): void {
    const known = this.#find(device, credential, way)
    if (known) known.outcome = outcome
    else if (this.#outcomes.length < OUTCOMES_PER_DEVICE_MAX) this.#outcomes.push({ device, credential, way, outcome })
  }

  lockout(device: string): Lockout | undefined {
    return this.#lockouts.get(device)
  }

  noteLockout(device: string, lockout: Lockout): void {
    this.#lockouts.set(device, lockout)
  }

  rename(from: string, to: string): void {
    for (const each of this.#outcomes) {
      if (each.device === from) each.device = to
    }
    const lockout = this.#lockouts.get(from)
    if (lockout && !this.#lockouts.has(to)) this.#lockouts.set(to, lockout)
  }

  #find(device: string, { username, password }: Credential, way: Way) {
    return this.#outcomes.find((each) => {
      const same = each.credential.username === username && each.credential.password.reveal() === password.reveal()
      return same && each.device === device && each.way === way
    })
  }
}
