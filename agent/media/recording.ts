import { CLIP_SETTINGS, type ClipSettings } from './cutter.ts'
import type { StreamWishes } from './recorder.ts'

interface MediaConfig extends Required<Pick<StreamWishes, 'sound' | 'transport'>> {
  readonly preRollMs: number
  readonly postRollMs: number
}

/** How clips are made, from what the configuration says of it. */
export const recordingOf = ({ preRollMs, postRollMs, sound, transport }: MediaConfig) => ({
  settings: { ...CLIP_SETTINGS, preRollMs, postRollMs } satisfies ClipSettings,
  stream: { sound, transport },
})
