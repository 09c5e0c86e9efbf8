import { type AccessUnit, type SoundUnit, TICKS_PER_SECOND } from '../rtsp/access-unit.ts'
import { Gop } from './gop.ts'

interface RingLimits {
  /** What is kept at least, if the bytes allow. */
  readonly preRollMs: number
  readonly bytesMax: number
}

/** The last seconds of one stream, in whole GOPs. What falls out is gone. */
export class Ring {
  readonly #limits: RingLimits
  readonly #gops: Gop[] = []
  #bytes = 0
  #newestTicks = 0
  #overflows = 0

  constructor(limits: RingLimits) {
    this.#limits = limits
  }

  /** Oldest first; the last one is still growing. */
  get gops(): readonly Gop[] {
    return this.#gops
  }

  get newestTicks(): number {
    return this.#newestTicks
  }

  get bytes(): number {
    return this.#bytes
  }

  /** How often pre-roll was given up because it took too many bytes. */
  get overflows(): number {
    return this.#overflows
  }

  add(unit: AccessUnit): void {
    const newest = this.#gops.at(-1)
    if (unit.keyframe) this.#push(new Gop(unit, newest?.takeSoundFrom(unit.ticks)))
    else if (newest) newest.add(unit)
    else return
    this.#bytes += unit.data.length
    this.#newestTicks = unit.ticks
    this.#shrink()
  }

  /** Before the first keyframe there is nothing to hear it with. */
  addSound(unit: SoundUnit): void {
    const newest = this.#gops.at(-1)
    if (newest === undefined) return
    newest.addSound(unit)
    this.#bytes += unit.data.length
    this.#shrink()
  }

  /** Lets go of this GOP and those before it, which lie in a clip: pre-roll never goes back there. */
  forget(gop: Gop): void {
    while (this.#gops.includes(gop)) this.#drop()
  }

  clear(): void {
    for (const gop of this.#gops) gop.letGo()
    this.#gops.length = 0
    this.#bytes = 0
  }

  #shrink(): void {
    const keepFrom = this.#newestTicks - (this.#limits.preRollMs * TICKS_PER_SECOND) / 1000
    for (let second = this.#gops[1]; second && second.ticks <= keepFrom; second = this.#gops[1]) this.#drop()
    while (this.#bytes > this.#limits.bytesMax) {
      this.#overflows += 1
      this.#drop()
    }
  }

  #push(gop: Gop): void {
    gop.hold()
    this.#gops.push(gop)
  }

  #drop(): void {
    const gop = this.#gops.shift()
    this.#bytes -= gop?.bytes ?? 0
    gop?.letGo()
  }
}
