import type { DiagnosisCode } from '../../agent/protocol/camera.ts'
import type { FaultName } from '../../simulator/faults/fault.ts'
import type { StreamOutcome } from './stream-trial.ts'
import { isWell } from './trial.ts'

/** What becomes of a camera that is recorded; where nothing is said, clips and pictures come, and all is well. */
export interface StreamRow {
  /** While it plays; when it is asked to play. What must be said in the end, as no clip comes. */
  readonly running?: DiagnosisCode
  readonly starting?: DiagnosisCode
  /** May be said besides, or for a moment. */
  readonly may?: readonly DiagnosisCode[]
  /** No clip need come. */
  readonly isClipless?: boolean
  /** No picture can come, which is said as well but where the stream says more; or none is asked for any more. */
  readonly pictures?: 'fail' | 'unasked'
  /** Comes back by itself only after minutes, or when a person sees to it. */
  readonly isSlow?: boolean
}

/** The simulator's groups of faults that only one who looks can meet. */
export const STREAM_GROUPS: readonly string[] = ['media', 'rtsp', 'rtp']

const NO_PICTURE: StreamRow = { pictures: 'fail' }

/** Nothing comes when it is asked for, and the agent asks again, more and more rarely. */
const NOT_GIVEN: StreamRow = { starting: 'STREAM_STALLED' }
/** Nothing that could be played: it is asked again after five minutes. */
const NOT_PLAYABLE: StreamRow = { ...NOT_GIVEN, isSlow: true }
/** Nothing comes of a stream that stands. */
const STALLED: StreamRow = { running: 'STREAM_STALLED', starting: 'STREAM_STALLED' }

const STREAM_ROWS: Partial<Record<FaultName, StreamRow>> = {
  'media-fault': { ...NOT_GIVEN, ...NO_PICTURE },
  'stream-uri-empty': NOT_GIVEN,
  'snapshot-uri-fault': NO_PICTURE,
  'snapshot-404': NO_PICTURE,
  'snapshot-html': NO_PICTURE,
  'snapshot-empty': NO_PICTURE,
  'snapshot-truncated': NO_PICTURE,
  'snapshot-endless': NO_PICTURE,
  'snapshot-huge': NO_PICTURE,
  'rtsp-describe-404': NOT_GIVEN,
  'rtsp-redirect': NOT_PLAYABLE,
  'rtsp-setup-503': { starting: 'SLOTS_FULL' },
  // Never shown again: not for pictures either, before the credential or the owner's switch is another.
  'rtsp-play-401': { starting: 'AUTH_REJECTED', pictures: 'unasked', isSlow: true },
  'rtsp-play-454': NOT_GIVEN,
  'rtsp-describe-empty': NOT_GIVEN,
  'rtsp-describe-truncated': NOT_GIVEN,
  'rtsp-describe-endless': NOT_GIVEN,
  // Half a description may be none, or one without a picture.
  'rtsp-content-length-short': NOT_PLAYABLE,
  'rtsp-content-length-long': NOT_GIVEN,
  'rtsp-content-length-missing': NOT_GIVEN,
  'rtsp-cseq-wrong': NOT_GIVEN,
  // Who has one track only can do without.
  'sdp-control-missing': { may: ['STREAM_STALLED'], isClipless: true },
  'sdp-codec-wrong': NOT_PLAYABLE,
  'rtsp-stall': STALLED,
  // Where channels were told and kept before; a stream that is asked for then is heard on any.
  'rtsp-channels-untold': { may: ['STREAM_STALLED'] },
  'rtsp-goes-silent': { may: ['STREAM_STALLED'] },
  'interleaved-garbage': STALLED,
  'interleaved-length-wrong': STALLED,
  // An event before the first keyframe is missed.
  'keyframes-rare': { may: ['STREAM_STALLED'] },
  'video-silent': STALLED,
  // Packets come, but nothing that a clip could begin with.
  'rtp-payload-type-wrong': NOT_GIVEN,
}

/** What the agent may ask of one camera in a minute, events and all. */
const REQUESTS_PER_MINUTE_MAX = 250

/** Connections for a stream in a minute: tries double their distance. */
const RTSP_PER_MINUTE_MAX = 10

/** A password that was refused once is not shown again in any other way. */
const REFUSED_MAX = 2

/** No clip of the trial's few seconds is larger. */
const BYTES_MAX = 8 * 1_048_576

/** Agent and simulator together, with a hundred cameras. */
const RESIDENT_MB_MAX = 1_500

/** What is not as it should be of a camera that is recorded, in words; empty where all is. */
export function verdictOfStream(outcome: StreamOutcome): string {
  const { fault, phase, diagnosis, said, clips, pictures, recoveredAfterS } = outcome
  const row = STREAM_ROWS[fault.split('=')[0] as FaultName] ?? {}
  const expected = row[phase]
  const pictureless: readonly DiagnosisCode[] = row.pictures === 'fail' ? ['SNAPSHOT_FAILED'] : []
  const due = expected ? [expected] : pictureless
  const allowed: readonly string[] = [...due, ...pictureless, ...(row.may ?? []), 'IP_CHANGED']
  const wrongs = [
    ...due.filter((code) => !diagnosis.includes(code)).map((code) => `${code} is missing`),
    ...(due.length === 0 && !row.may && !isWell(diagnosis) ? ['it is not well'] : []),
    ...said.filter((code) => !allowed.includes(code)).map((code) => `${code} is wrong`),
    ...(!expected && !row.isClipless && clips === 0 ? ['no clip comes'] : []),
    ...(row.pictures === undefined && pictures === 0 ? ['no picture comes'] : []),
    ...(outcome.requestsPerMinute > REQUESTS_PER_MINUTE_MAX ? ['it is asked too much'] : []),
    ...(outcome.rtspPerMinute > RTSP_PER_MINUTE_MAX ? ['it is dialled too often'] : []),
    ...(outcome.refusedCredentials > REFUSED_MAX ? ['a refused password goes out again'] : []),
    ...(outcome.bytesMax > BYTES_MAX ? ['a clip is too large'] : []),
    ...(outcome.residentMbMax > RESIDENT_MB_MAX ? ['memory is not bounded'] : []),
    ...(recoveredAfterS === undefined && !row.isSlow ? ['it does not recover'] : []),
  ]
  return wrongs.join('; ')
}

export const rowOfStream = (name: FaultName): StreamRow | undefined => STREAM_ROWS[name]
