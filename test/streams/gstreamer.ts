import { deadlineOf, type Order, type Playback, SOUND_HZ, type SoundCodec } from './playback.ts'
import { RunningPlayer } from './running.ts'

const LATENCY_MS = 500
/** Kept between the last picture that is waited for and the end, so that the sound has caught up. */
const AFTER_MS = 1000

/** Where the pipeline writes the video as it came, each decoded picture's upper left corner, and the sound's samples. */
const VIDEO_FD = 3
const PICTURES_FD = 4
const SOUND_FD = 5
const CORNER = 16
/** In I420, a quarter of the area twice beside the luma. */
const CORNER_BYTES = CORNER * CORNER * 1.5
const SAMPLE_BYTES = 2

const SOUND_DECODERS: Readonly<Record<SoundCodec, string>> = {
  aac: 'rtpmp4gdepay ! aacparse ! avdec_aac',
  pcmu: 'rtppcmudepay ! mulawdec',
}

/** Lets GStreamer receive and decode a stream until it has decoded all pictures that are wanted. */
export async function playWithGstreamer(order: Order): Promise<Playback> {
  const { stream, seconds } = order
  // All warnings of all elements: a clean run has none.
  const environment = { GST_DEBUG: '2', GST_DEBUG_NO_COLOR: '1' }
  const player = new RunningPlayer('gst-launch-1.0', pipeline(order), deadlineOf(order), environment, 3)
  const wantedBytes = seconds * stream.framesPerSecond * CORNER_BYTES
  const told = { pictures: 0, sound: 0 }
  const video = player.keep(VIDEO_FD)
  player.read(1, () => {})
  player.read(SOUND_FD, ({ length }) => {
    told.sound += length
  })
  player.read(PICTURES_FD, ({ length }) => {
    if (told.pictures < wantedBytes && told.pictures + length >= wantedBytes)
      setTimeout(() => player.interrupt(), AFTER_MS)
    told.pictures += length
  })
  await player.ended()
  return {
    video: video(),
    decoded: told.pictures / CORNER_BYTES,
    soundSeconds: stream.sound ? told.sound / SAMPLE_BYTES / SOUND_HZ[stream.sound] : 0,
    complaints: player.complaints,
  }
}

function pipeline({ stream, transport, user, password, portMin }: Order): string[] {
  const { codec, uri, width, height, sound } = stream
  const login = [`location=${uri}`, `user-id=${user}`, `user-pw=${password}`]
  // Players that take any ports take each other's now and then, and say so.
  const ports = `port-range=${portMin}-${portMin + 99}`
  const source = `rtspsrc name=source protocols=${transport} latency=${LATENCY_MS} ${ports}`
  const sink = (fd: number) => `fdsink fd=${fd} sync=false`
  const parts = [
    `source. ! application/x-rtp,media=video ! rtp${codec}depay ! ${codec}parse`,
    `! video/x-${codec},stream-format=byte-stream,alignment=au ! tee name=both`,
    `both. ! queue ! ${sink(VIDEO_FD)}`,
    `both. ! queue ! avdec_${codec} max-errors=0 ! video/x-raw,format=I420,width=${width},height=${height}`,
    `! videocrop right=${width - CORNER} bottom=${height - CORNER} ! ${sink(PICTURES_FD)}`,
  ]
  if (sound)
    parts.push(
      `source. ! application/x-rtp,media=audio ! queue ! ${SOUND_DECODERS[sound]} ! audioconvert`,
      `! audio/x-raw,format=S16LE,channels=1,rate=${SOUND_HZ[sound]} ! ${sink(SOUND_FD)}`,
    )
  return ['-e', ...source.split(' '), ...login, ...parts.join(' ').split(' ')]
}
