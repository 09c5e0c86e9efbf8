import { randomBytes } from 'node:crypto'
import { GroupListener } from '../discovery/responder.ts'
import { loadScenes } from '../imaging/scene.ts'
import type { Video } from '../imaging/video.ts'
import { loadVideoFile } from '../imaging/video-file.ts'
import { Pacer } from '../rtsp/pacer.ts'
import { Agenda } from './agenda.ts'
import { SimulatedCamera } from './camera.ts'
import type { Deed } from './deed.ts'
import { checkOpenFiles } from './open-files.ts'
import { addressAfter, type CameraOptions, DEFAULTS, type FleetOptions, steadyClock } from './options.ts'

/** Whether the fleet hears multicast probes: `unavailable` where this host doesn't permit joining the group. */
export type Multicast = 'joined' | 'unavailable' | 'off'

export interface Fleet extends AsyncDisposable {
  readonly cameras: readonly SimulatedCamera[]
  readonly multicast: Multicast
  readonly makeup: FleetMakeup
  /** Tells all that is done to its cameras and what they do by chance, each as it begins, until disposed of. */
  watch(tell: Watcher): Disposable
}

export type Watcher = (camera: string, deed: Deed) => void

/** How a fleet was made, but for its passwords; its cameras each have their own. Ports as they were asked for. */
export interface FleetMakeup extends Pick<FleetOptions, 'httpPort' | 'rtspPort' | 'discoveryPort'> {
  readonly seed: string
  readonly firstAddress: string
}

/**
 * Starts all cameras, each on its own address.
 * Throws FleetStartError where an address or port can't be had, RangeError (VideoFileError too) or FaultError on wrong options; nothing stays open then.
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  await using starting = new AsyncDisposableStack()
  options.signal?.throwIfAborted()
  await checkOpenFiles(options.cameras.length)
  const now = options.clock ?? steadyClock
  const agenda = starting.use(new Agenda())
  const group = { isJoined: false }
  const seed = options.seed ?? DEFAULTS.seed
  const watchers = new Set<Watcher>()
  const tell: Watcher = (camera, deed) => {
    for (const watcher of watchers) watcher(camera, deed)
  }
  const shared = { scenes: await loadScenes(), now, pacer: new Pacer(now), agenda, seed, group, tell }
  const password = options.password ?? randomBytes(9).toString('base64url')
  const videos = await loadVideos(options.cameras)
  const cameras: SimulatedCamera[] = []
  let taken = 0
  for (const [index, camera] of options.cameras.entries()) {
    options.signal?.throwIfAborted()
    const address = camera.address ?? addressAfter(options.firstAddress ?? DEFAULTS.firstAddress, taken++)
    const around = {
      ...shared,
      index,
      video: camera.video === undefined ? undefined : videos.get(camera.video),
      address,
      bornAt: camera.bornAt ?? address,
      httpPort: options.httpPort,
      rtspPort: options.rtspPort ?? DEFAULTS.rtspPort,
      discoveryPort: options.discoveryPort ?? DEFAULTS.discoveryPort,
      account: { user: camera.user ?? options.user ?? DEFAULTS.user, password: camera.password ?? password },
    }
    cameras.push(starting.use(await SimulatedCamera.start(camera, around)))
  }
  const { multicast, listener } = await joinGroup(cameras, options)
  if (listener) starting.use(listener)
  group.isJoined = listener !== undefined
  const watch = (watcher: Watcher) => {
    watchers.add(watcher)
    return { [Symbol.dispose]: () => void watchers.delete(watcher) }
  }
  return { ...running(cameras, multicast, starting.move(), options.signal), makeup: makeupOf(options, seed), watch }
}

function makeupOf({ firstAddress, httpPort, rtspPort, discoveryPort }: FleetOptions, seed: string): FleetMakeup {
  return {
    seed,
    firstAddress: firstAddress ?? DEFAULTS.firstAddress,
    ...(httpPort === undefined ? {} : { httpPort }),
    ...(rtspPort === undefined ? {} : { rtspPort }),
    ...(discoveryPort === undefined ? {} : { discoveryPort }),
  }
}

/** Each of the users' files once, however many cameras show it. */
async function loadVideos(cameras: readonly CameraOptions[]): Promise<ReadonlyMap<string, Video>> {
  const paths = new Set(cameras.flatMap(({ video }) => video ?? []))
  return new Map(await Promise.all([...paths].map(async (path) => [path, await loadVideoFile(path)] as const)))
}

async function joinGroup(cameras: readonly SimulatedCamera[], options: FleetOptions) {
  const port = options.discoveryPort ?? DEFAULTS.discoveryPort
  const [first] = cameras
  if (options.multicast === false || port === 0 || !first) return { multicast: 'off' as const, listener: undefined }
  const responders = () => cameras.map((camera) => camera.responder).filter((responder) => responder !== undefined)
  const listener = await GroupListener.join(first.address, port, responders)
  if (!listener) return { multicast: 'unavailable' as const, listener }
  for (const responder of responders()) responder.sayHello()
  return { multicast: 'joined' as const, listener }
}

function running(
  cameras: readonly SimulatedCamera[],
  multicast: Multicast,
  parts: AsyncDisposableStack,
  signal: AbortSignal | undefined,
): Omit<Fleet, 'makeup' | 'watch'> {
  let stopping: Promise<void> | undefined
  const stop = async () => {
    signal?.removeEventListener('abort', onAbort)
    if (multicast === 'joined') await Promise.all(cameras.map((camera) => camera.responder?.sayBye()))
    await parts.disposeAsync()
  }
  const dispose = () => {
    stopping ??= stop()
    return stopping
  }
  const onAbort = () => void dispose()
  signal?.addEventListener('abort', onAbort)
  return { cameras, multicast, [Symbol.asyncDispose]: dispose }
}
