import type { Showing } from '../imaging/showing.ts'
import { type CameraFacts, ofChannel } from './facts.ts'

/** One media profile of a camera and the stream that it names. */
export interface MediaStream {
  readonly name: string
  /** From 1. */
  readonly channel: number
  readonly profileToken: string
  readonly encoderToken: string
  /** Of its RTSP URI. */
  readonly path: string
  readonly showing: Showing
}

/** All streams of a camera: each channel's main one, and the smaller one after it where the brand has any. */
export function mediaStreams(facts: CameraFacts): MediaStream[] {
  const { paths, tokens, sub } = facts.profile
  return facts.showings.flatMap((showing, i) => {
    const channel = i + 1
    const stream = (name: string, profile: string, encoder: string, path: string, shown: Showing): MediaStream => ({
      name: `${name}_${channel}`,
      channel,
      profileToken: ofChannel(profile, channel),
      encoderToken: ofChannel(encoder, channel),
      path: ofChannel(path, channel),
      showing: shown,
    })
    const main = stream('mainStream', tokens.profile, tokens.encoder, paths.stream, showing)
    if (!sub || !showing.sub) return [main]
    return [main, stream('subStream', sub.profile, sub.encoder, sub.stream, showing.sub)]
  })
}
