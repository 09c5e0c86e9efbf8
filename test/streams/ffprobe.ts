import { type AnnouncedStream, deadlineOf, type Order, type Playback, SOUND_HZ } from './playback.ts'
import { RunningPlayer } from './running.ts'

/** What is printed: each packet's bytes, each decoded picture and piece of sound, and what the streams are. */
const ENTRIES =
  'packet=codec_type,data:frame=media_type,nb_samples:stream=codec_name,width,height,sample_rate,avg_frame_rate'

/** Lets ffprobe receive and decode a stream. */
export async function playWithFfprobe(order: Order): Promise<Playback> {
  const { stream, transport, seconds } = order
  const uri = new URL(stream.uri)
  uri.username = order.user
  uri.password = order.password
  const wanted = ['-rtsp_transport', transport, '-read_intervals', `%+${seconds}`]
  const shown = ['-show_packets', '-show_data', '-show_frames', '-show_streams', '-show_entries', ENTRIES]
  const player = new RunningPlayer('ffprobe', ['-v', 'warning', ...wanted, ...shown, uri.href], deadlineOf(order))
  const reader = new FfprobeReader()
  player.readLines(1, (line) => reader.take(line))
  await player.ended()
  const [told, announced] = [reader.streams.join(' and '), describe(stream).join(' and ')]
  return {
    video: reader.video(),
    decoded: reader.decoded,
    soundSeconds: stream.sound ? reader.samples / SOUND_HZ[stream.sound] : 0,
    complaints:
      told === announced ? player.complaints : [...player.complaints, `It is ${told || 'nothing'}, not ${announced}`],
  }
}

/** What ONVIF announces, in ffprobe's words. */
function describe({ codec, width, height, framesPerSecond, sound }: AnnouncedStream): string[] {
  const picture = `${codec === 'h265' ? 'hevc' : 'h264'} ${width}x${height} ${framesPerSecond}/1`
  return sound ? [picture, `${sound === 'aac' ? 'aac' : 'pcm_mulaw'} ${SOUND_HZ[sound]} Hz`] : [picture]
}

/** Reads ffprobe's default output: sections in brackets with `key=value` lines, data as a dump in hexadecimal. */
class FfprobeReader {
  readonly #rows: Buffer[] = []
  readonly #section = new Map<string, string>()
  readonly streams: string[] = []
  decoded = 0
  samples = 0

  video(): Buffer {
    return Buffer.concat(this.#rows)
  }

  take(line: string): void {
    const row = /^[0-9a-f]{8}: (.{40})/.exec(line)?.[1]
    if (row !== undefined) this.#takeRow(row)
    else if (/^\[(PACKET|FRAME|STREAM)\]$/.test(line)) this.#section.clear()
    else if (line.startsWith('[/')) this.#finish(line)
    else this.#section.set(line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1))
  }

  /** Sixteen bytes of a packet at most. */
  #takeRow(row: string): void {
    if (this.#section.get('codec_type') === 'video') this.#rows.push(Buffer.from(row.replaceAll(' ', ''), 'hex'))
  }

  #finish(line: string): void {
    const told = (key: string) => this.#section.get(key)
    if (line === '[/FRAME]' && told('media_type') === 'video') this.decoded++
    if (line === '[/FRAME]' && told('media_type') === 'audio') this.samples += Number(told('nb_samples'))
    if (line !== '[/STREAM]') return
    const isPicture = told('width') !== undefined
    const figures = isPicture
      ? `${told('width')}x${told('height')} ${told('avg_frame_rate')}`
      : `${told('sample_rate')} Hz`
    this.streams.push(`${told('codec_name')} ${figures}`)
  }
}
