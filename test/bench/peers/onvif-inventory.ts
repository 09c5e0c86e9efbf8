import { Cam } from 'onvif'

/**
 * Reads cameras by the plain `onvif` package: connects, then asks all that the agent asks. Arguments: `one` after the
 * other or `all` at once, user name, password, then HOST:PORT of each camera, which it need not find. Says in a line of
 * JSON how long that took, and what it read.
 */
const [mode = 'one', username = '', password = '', ...places] = process.argv.slice(2)
const TIMEOUT_MS = 10_000

type Answered = (error: Error | null, answer?: unknown) => void

async function readCamera(place: string) {
  const [hostname = '', port = ''] = place.split(':')
  const cam = new Cam({ hostname, port: Number(port), username, password, timeout: TIMEOUT_MS, autoconnect: false })
  // Some replies throw where nobody can catch, some are never answered: each call has its end here.
  const ask = (call: (done: Answered) => void) =>
    new Promise<unknown>((resolve) => {
      setTimeout(resolve, TIMEOUT_MS).unref()
      call((_error, answer) => resolve(answer))
    })
  await ask((done) => cam.connect(done))
  const told = await ask((done) => cam.getDeviceInformation(done))
  const { serialNumber, firmwareVersion }: { serialNumber?: unknown; firmwareVersion?: unknown } = told ?? {}
  for (const call of [
    (done: Answered) => cam.getServices(true, done),
    (done: Answered) => cam.getNetworkInterfaces(done),
    (done: Answered) => cam.getNetworkProtocols(done),
    (done: Answered) => cam.getNetworkDefaultGateway(done),
    (done: Answered) => cam.getDNS(done),
    (done: Answered) => cam.getNTP(done),
    (done: Answered) => cam.getHostname(done),
    (done: Answered) => cam.getScopes(done),
    (done: Answered) => cam.getVideoSources(done),
    (done: Answered) => cam.getProfiles(done),
  ]) {
    await ask(call)
  }
  return { address: hostname, serial: serialNumber, firmware: firmwareVersion }
}

process.on('uncaughtException', () => {})
const begunMs = performance.now()
const cameras: unknown[] = []
if (mode === 'all') cameras.push(...(await Promise.all(places.map(readCamera))))
else for (const place of places) cameras.push(await readCamera(place))
process.stdout.write(`${JSON.stringify({ tookMs: performance.now() - begunMs, cameras })}\n`)
process.exit()
