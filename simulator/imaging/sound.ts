import { readFile } from 'node:fs/promises'
import { encodeMuLaw } from './mu-law.ts'

/** A looped sound in one encoding, begun at the epoch: shared, never changed, by all who hear it. */
export interface Sound {
  readonly sampleRateHz: number
  readonly samplesPerUnit: number
  /** What goes into a packet each. */
  readonly units: readonly Buffer[]
}

/** What every camera with a microphone hears: a click at each whole second, then a note of the scale, eight seconds long. */
export interface Sounds {
  readonly pcmu: Sound
  /** AAC-LC, mono. */
  readonly aac: Sound
}

const LOOP_S = 8
const CLICK_S = 0.004
const CLICK_HZ = 1000
const NOTE = { fromS: 0.1, toS: 0.5, fadeS: 0.02 } as const
/** In half-tones above the first. */
const SCALE = [0, 2, 4, 5, 7, 9, 11, 12] as const
const FIRST_NOTE_HZ = 440

const PCMU_RATE_HZ = 8000
const PCMU_SAMPLES = 160
const AAC_RATE_HZ = 16_000
const AAC_SAMPLES = 1024
const ADTS_HEADER_BYTES = 7

/** Throws if the AAC asset isn't what the generator makes. */
export async function loadSounds(): Promise<Sounds> {
  const frames = splitAdts(await readFile(new URL('./assets/sound.aac', import.meta.url)))
  if (frames.length * AAC_SAMPLES !== LOOP_S * AAC_RATE_HZ)
    throw new Error('The asset sound.aac is damaged: make it anew with simulator/imaging/generate.py')
  const samples = Buffer.alloc(LOOP_S * PCMU_RATE_HZ)
  for (let i = 0; i < samples.length; i++) samples[i] = encodeMuLaw(Math.round(sampleAt(i / PCMU_RATE_HZ) * 32767))
  const pieces = Array.from({ length: samples.length / PCMU_SAMPLES }, (_, i) =>
    samples.subarray(i * PCMU_SAMPLES, (i + 1) * PCMU_SAMPLES),
  )
  return {
    pcmu: { sampleRateHz: PCMU_RATE_HZ, samplesPerUnit: PCMU_SAMPLES, units: pieces },
    aac: { sampleRateHz: AAC_RATE_HZ, samplesPerUnit: AAC_SAMPLES, units: frames },
  }
}

/** The pattern at that time, from -1 to 1. The generator has the same formula. */
function sampleAt(timeS: number): number {
  const second = Math.floor(timeS)
  const t = timeS - second
  if (t < CLICK_S) return Math.floor(t * CLICK_HZ * 2) % 2 === 0 ? 0.8 : -0.8
  const { fromS, toS, fadeS } = NOTE
  if (t < fromS || t >= toS) return 0
  const noteHz = FIRST_NOTE_HZ * 2 ** ((SCALE[second % SCALE.length] ?? 0) / 12)
  const envelope = Math.min(1, (t - fromS) / fadeS, (toS - t) / fadeS)
  return 0.25 * envelope * Math.sin(2 * Math.PI * noteHz * (t - fromS))
}

/** Raw AAC frames without their ADTS headers (ISO/IEC 14496-3, 1.A.3.2). */
function splitAdts(stream: Buffer): Buffer[] {
  const frames: Buffer[] = []
  let at = 0
  while (at + ADTS_HEADER_BYTES <= stream.length) {
    const bytes = ((stream[at + 3] ?? 0) & 3) * 2048 + (stream[at + 4] ?? 0) * 8 + ((stream[at + 5] ?? 0) >> 5)
    if (bytes <= ADTS_HEADER_BYTES) break
    frames.push(stream.subarray(at + ADTS_HEADER_BYTES, at + bytes))
    at += bytes
  }
  return frames
}
