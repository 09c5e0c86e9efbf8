import type { CameraFacts } from '../onvif/facts.ts'
import { mediaStreams } from '../onvif/streams.ts'
import { AudioSource, describeAudio } from './audio.ts'
import type { RtpSource } from './sender.ts'
import { describeVideo, VideoSource } from './video.ts'

/** One track of a stream. Its number, from 1, is its place in the stream's list. */
interface Track {
  readonly source: RtpSource
  /** Its section of the session description, without the control attribute. */
  readonly description: readonly string[]
}

/** What can be played under one path. */
export interface RtspStream {
  readonly path: string
  readonly tracks: readonly Track[]
}

/** All that a camera streams. */
export function streamsOf(facts: CameraFacts): RtspStream[] {
  const { audio } = facts.profile
  return mediaStreams(facts).map(({ path, showing }) => {
    const video = { source: new VideoSource(showing, facts.faults), description: describeVideo(showing.video) }
    if (audio === undefined) return { path, tracks: [video] }
    const sound = {
      source: new AudioSource(audio, showing.scene.sounds, facts.faults),
      description: describeAudio(audio),
    }
    return { path, tracks: [video, sound] }
  })
}

/** What a request's URI names: a stream's path, and one of its tracks, if it says which. The host is not looked at. */
export function splitUri(uri: string): { readonly path: string; readonly track: number | undefined } {
  const [, whole = '', track] = /^(?:rtsp:\/\/[^/]*)?(.*?)(?:\/trackID=(\d{1,3}))?\/?$/i.exec(uri) ?? []
  return { path: whole.replace(/\/$/, ''), track: track === undefined ? undefined : Number(track) }
}
