import { type Effort, type Figure, figureOf, repeat } from '../figure.ts'
import { HttpLine } from '../http-line.ts'
import type { Program } from '../program.ts'
import { checked, signed } from './soap.ts'
import { camerasOf, startPeer, startSimulator } from './start.ts'

const CONNECTIONS = 8
const INFORMATION = '<GetDeviceInformation xmlns="http://www.onvif.org/ver10/device/wsdl"/>'
const PATH = '/onvif/device_service'

interface Speed {
  readonly perSecond: number
  readonly cpuMicroseconds: number
}

/** How fast one camera answers who it is, with a WS-UsernameToken checked each time, beside a server that knows nothing. */
export async function requests({ runs, windowMs }: Effort): Promise<Figure[]> {
  await using simulator = await startSimulator(1, ['--profile', 'plain'])
  const [camera] = camerasOf(simulator)
  if (!camera) throw new Error('No camera was started')
  using line = await HttpLine.open(camera.httpPort, camera.address)
  const answer = checked(await line.post(PATH, signed(INFORMATION)))
  const bytes = answer.length - answer.indexOf('\r\n\r\n') - 4
  await using plain = await startPeer('plain-answers', [String(bytes)])
  const forMs = Math.min(windowMs, 4000)
  const pairs = await repeat(runs, async () => ({
    ours: await load(simulator, camera.httpPort, camera.address, forMs),
    theirs: await load(plain, Number(plain.ready), '127.0.0.1', forMs),
  }))
  const peer = 'a Node server that answers as many bytes'
  return [
    figureOf(
      { name: 'GetDeviceInformation with a login', unit: 'a second', peer, better: 'higher' },
      pairs.map(({ ours }) => ours.perSecond),
      pairs.map(({ theirs }) => theirs.perSecond),
    ),
    figureOf(
      { name: 'processor time of one such answer', unit: 'µs', peer, better: 'lower' },
      pairs.map(({ ours }) => ours.cpuMicroseconds),
      pairs.map(({ theirs }) => theirs.cpuMicroseconds),
    ),
  ]
}

async function load(server: Program, port: number, address: string, forMs: number): Promise<Speed> {
  const lines = await Promise.all(Array.from({ length: CONNECTIONS }, () => HttpLine.open(port, address)))
  const begun = performance.now()
  const cpuBefore = server.cpuMs
  let answered = 0
  await Promise.all(
    lines.map(async (line) => {
      while (performance.now() - begun < forMs) {
        checked(await line.post(PATH, signed(INFORMATION)))
        answered++
      }
    }),
  )
  const speed = {
    perSecond: (answered * 1000) / (performance.now() - begun),
    cpuMicroseconds: ((server.cpuMs - cpuBefore) * 1000) / answered,
  }
  for (const line of lines) line[Symbol.dispose]()
  return speed
}
