import { parseFault } from '../faults/fault.ts'
import { FaultSwitches } from '../faults/switches.ts'
import type { Scene } from '../imaging/scene.ts'
import { Showing } from '../imaging/showing.ts'
import type { Video } from '../imaging/video.ts'
import { Journal } from '../journal/journal.ts'
import { Dispatch } from '../onvif/dispatch.ts'
import { type CameraFacts, firstScopes, httpUri, scopesOf } from '../onvif/facts.ts'
import { Guard } from '../onvif/guard.ts'
import type { Account } from '../onvif/http-digest.ts'
import { OnvifServer } from '../onvif/server.ts'
import { Settings } from '../onvif/settings.ts'
import { Subscriptions } from '../onvif/subscriptions.ts'
import { cameraTime } from '../onvif/wrong/clock.ts'
import { profileNamed } from '../profiles/catalogue.ts'
import { type Identity, identify } from '../profiles/identity.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Pacer } from '../rtsp/pacer.ts'
import { createRtspServer } from '../rtsp/server.ts'
import type { Agenda } from './agenda.ts'
import { seededRandom } from './chance.ts'
import type { Deed } from './deed.ts'
import type { CameraOptions } from './options.ts'
import type { Ports, Voices } from './sockets.ts'

/** What all cameras of a fleet share, and where this one stands. */
export interface Surroundings {
  readonly index: number
  readonly address: string
  readonly httpPort: number | undefined
  readonly rtspPort: number
  readonly discoveryPort: number
  readonly account: Account
  readonly seed: string
  /** With the seed, decides who it is. */
  readonly bornAt: string
  /** Tells those who watch the fleet what was done to a camera. */
  readonly tell: (camera: string, deed: Deed) => void
  readonly scenes: readonly Scene[]
  /** Streamed in place of the scenes. */
  readonly video: Video | undefined
  readonly now: () => number
  readonly pacer: Pacer
  readonly agenda: Agenda
  /** Whether Hello and Bye reach anyone. */
  readonly group: { isJoined: boolean }
}

/** What may change while a camera runs. */
interface Place {
  address: string
  identity: Identity
  startedMs: number
  /** How often another device was put in its place. */
  swaps: number
}

/** What a camera is made of, put together and not listening yet. */
export interface CameraParts {
  readonly place: Place
  readonly facts: CameraFacts
  readonly journal: Journal
  readonly faults: FaultSwitches
  readonly subscriptions: Subscriptions
  readonly voices: Voices
  /** All ONVIF operations that it knows, as `tds:GetServices`. */
  readonly operations: () => readonly string[]
  /** Where it wants to listen. */
  readonly ports: Ports
}

/** How a camera goes elsewhere, or away for a while, of itself: a moment later, so that its answer gets out. */
type Going = Pick<CameraFacts, 'reboot' | 'move'>

/** Throws RangeError or FaultError on wrong options. */
export function assemble(options: CameraOptions, around: Surroundings, going: Going): CameraParts {
  const profile = typeof options.profile === 'string' ? profileNamed(options.profile) : options.profile
  const identity = identify(profile, around.bornAt, around.seed)
  const place = { address: around.address, identity, startedMs: around.now(), swaps: 0 }
  const habits = options.withoutFaults ? [] : profile.faults
  const faults = new FaultSwitches([...habits, ...(options.faults ?? [])].map(parseFault))
  const journal = new Journal(around.now)
  const facts = gatherFacts(profile, options, place, faults, around, going)
  const subscriptions = new Subscriptions(facts)
  const separate = profile.subscription.by === 'path' ? profile.subscription.portIfSeparate : undefined
  const ports = {
    http: around.httpPort ?? profile.httpPort,
    rtsp: around.rtspPort,
    discovery: around.discoveryPort,
    subscription: separate !== undefined && around.httpPort === 0 ? 0 : separate,
  }
  const dispatch = new Dispatch(facts, subscriptions)
  const voices = giveVoices(facts, dispatch, journal, around)
  return { place, facts, journal, faults, subscriptions, voices, operations: () => dispatch.operations(), ports }
}

function gatherFacts(
  profile: Profile,
  options: CameraOptions,
  place: Place,
  faults: FaultSwitches,
  { now, agenda, account, ...around }: Surroundings,
  { reboot, move }: Going,
): CameraFacts {
  const showings = showingsFor(profile, place.identity, around)
  const name = options.name ?? nameFor(profile, showings[0])
  const settings = new Settings({ ...profile, account, scopes: firstScopes(name) })
  return {
    profile,
    name,
    get identity() {
      return place.identity
    },
    get address() {
      return place.address
    },
    get startedMs() {
      return place.startedMs
    },
    showings,
    settings,
    account,
    faults,
    now,
    cameraNow: () => cameraTime(faults, now(), place.startedMs) + settings.clock.aheadMs,
    ports: { http: 0, rtsp: 0, subscription: 0 },
    later: (delayMs, run) => agenda.after(delayMs, run),
    reboot,
    move,
  }
}

function giveVoices(facts: CameraFacts, dispatch: Dispatch, journal: Journal, { pacer }: Surroundings): Voices {
  const { profile, faults, now, cameraNow } = facts
  const passwordOf = (user: string) => facts.settings.users.get(user)?.password
  const guard = new Guard(profile, () => facts.identity.realm, passwordOf, faults, now, cameraNow)
  const web = new OnvifServer(facts, guard, dispatch, journal)
  return {
    web: () => web.createServer(),
    rtsp: () => createRtspServer({ facts, guard, journal, pacer, chance: () => seededRandom(facts.identity.variety) }),
    discovery: {
      journal,
      faults,
      device: () => ({
        endpoint: facts.identity.endpoint,
        scopes: scopesOf(facts).map((scope) => scope.uri),
        xaddrs: [httpUri(facts, profile.paths.device)],
      }),
      isSilent: () => faults.isOn('unreachable') || !facts.settings.isDiscoverable,
      random: seededRandom(facts.identity.variety),
      later: facts.later,
    },
  }
}

function showingsFor(
  profile: Profile,
  identity: Identity,
  around: Pick<Surroundings, 'scenes' | 'index' | 'video'>,
): Showing[] {
  return Array.from({ length: profile.channels }, (_, channel) => {
    const scene = around.scenes[(around.index + channel) % around.scenes.length]
    if (!scene) throw new RangeError('There are no scenes to show')
    const own = profile.mainCodec === 'h265' ? scene.h265 : scene
    return new Showing(scene, identity.variety + channel * 31, around.video ?? own)
  })
}

function nameFor(profile: Profile, showing: Showing | undefined): string {
  if (profile.channels > 1) return 'Recorder'
  const words = showing?.scene.name.replaceAll('-', ' ') ?? profile.name
  return words.charAt(0).toUpperCase() + words.slice(1)
}
