import { randomInt } from 'node:crypto'
import { type PacketSink, RtpSender } from './sender.ts'
import type { RtspStream } from './stream.ts'
import type { PacketTransport } from './transport.ts'

/** A client that is silent for longer has no session any more. */
export const SESSION_TIMEOUT_S = 60

interface SetUpTrack {
  readonly transport: PacketTransport
  readonly sender: RtpSender
}

/** One client's session: the tracks of one stream that it set up, and whether they play (RFC 2326, A.2). */
export class RtspSession {
  readonly id = randomInt(10_000_000, 100_000_000).toString()
  readonly stream: RtspStream
  readonly #spoil: (sink: PacketSink, clockHz: number) => PacketSink
  readonly #tracks = new Map<number, SetUpTrack>()
  /** When its client was last heard of. */
  heardMs: number
  #isPlaying = false
  #isEnded = false

  /** `spoil`: puts what goes wrong on the way, if anything does, before a track's transport. */
  constructor(stream: RtspStream, spoil: (sink: PacketSink, clockHz: number) => PacketSink, nowMs: number) {
    this.heardMs = nowMs
    this.stream = stream
    this.#spoil = spoil
  }

  get isPlaying(): boolean {
    return this.#isPlaying
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  get trackCount(): number {
    return this.#tracks.size
  }

  /** Whether all its packets go their own way, not through the RTSP connection. */
  get outlivesConnection(): boolean {
    return [...this.#tracks.values()].every(({ transport }) => transport.outlivesConnection)
  }

  /** Sets a track up, or anew with another transport. Gives the answer's Transport header. */
  setUp(track: number, transport: PacketTransport): string {
    const source = this.stream.tracks[track - 1]?.source
    if (!source) throw new RangeError(`The stream ${this.stream.path} has no track ${track}`)
    this.#tracks.get(track)?.transport.close()
    const sender = new RtpSender(source, this.#spoil(transport, source.clockHz))
    this.#tracks.set(track, { transport, sender })
    return `${transport.header};ssrc=${sender.ssrc.toString(16).toUpperCase().padStart(8, '0')};mode="play"`
  }

  /** Plays from the next keyframe on; a session that plays goes on as it does. Gives RTP-Info (RFC 2326, 12.33). */
  play(uri: string, nowMs: number): string {
    if (!this.#isPlaying) this.skip(nowMs)
    this.#isPlaying = true
    return [...this.#tracks]
      .map(([track, { sender }]) => {
        const { sequence, timestamp } = sender.next
        return `url=${uri}/trackID=${track};seq=${sequence};rtptime=${timestamp}`
      })
      .join(',')
  }

  pause(): void {
    this.#isPlaying = false
  }

  /** Sends what is due, if it plays. `clockAheadMs`: by how much the camera's clock is ahead of ours. */
  advance(nowMs: number, clockAheadMs: number): void {
    if (!this.#isPlaying) return
    for (const { sender } of this.#tracks.values()) sender.advance(nowMs, clockAheadMs)
  }

  /**
   * Leaves out what there is until the next keyframe; the sound goes on from there. Track 1 leads, since it is the picture
   * where there is one: were it to wait for the sound, a keyframe just before a packet of sound would cost a whole GOP.
   */
  skip(nowMs: number): void {
    const [lead, ...others] = [...this.#tracks].toSorted(([a], [b]) => a - b).map(([, { sender }]) => sender)
    lead?.startAfter(nowMs)
    for (const sender of others) sender.startAfter(lead?.nextMs ?? nowMs)
  }

  /** Tells its client that nothing more comes. */
  sayBye(nowMs: number, clockAheadMs: number): void {
    for (const { sender } of this.#tracks.values()) sender.sayBye(nowMs, clockAheadMs)
  }

  /** Ends it, and frees its ports. */
  close(): void {
    this.#isPlaying = false
    this.#isEnded = true
    for (const { transport } of this.#tracks.values()) transport.close()
    this.#tracks.clear()
  }
}
