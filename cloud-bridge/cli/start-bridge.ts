import { type Clock, systemClock } from '../../agent/base/clock.ts'
import { holdLock } from '../../agent/base/database.ts'
import { describeError } from '../../agent/base/errors.ts'
import { newId } from '../../agent/base/ids.ts'
import { type Logger, silentLogger } from '../../agent/base/logger.ts'
import type { Command } from '../../agent/protocol/bridge.ts'
import { type Id, PROTOCOL_VERSION } from '../../agent/protocol/envelope.ts'
import { Accounts } from '../accounts/accounts.ts'
import { KeyBox } from '../accounts/key-box.ts'
import { MediaKeys } from '../accounts/media-keys.ts'
import { Sessions } from '../accounts/sessions.ts'
import { Broker } from '../broker/broker.ts'
import { type Address, explainListenError } from '../broker/listen.ts'
import { BridgeOptions, type BridgeSettings } from '../config/options.ts'
import { forgetBooks } from '../consent/books.ts'
import { Consent } from '../consent/consent.ts'
import { Claims } from '../devices/claims.ts'
import { Devices } from '../devices/devices.ts'
import { Partings } from '../devices/partings.ts'
import { Erasure } from '../erasure/erasure.ts'
import { ForgottenCameras } from '../erasure/forgotten-cameras.ts'
import { Contents } from '../holdings/contents.ts'
import { Exports } from '../holdings/exports.ts'
import { Ingest } from '../ingest/ingest.ts'
import { LiveRelay, type LiveRelayDeps } from '../live/relay.ts'
import { FileMediaStore } from '../media-store/file-media-store.ts'
import type { OnChange } from '../store/change.ts'
import { forgetBefore, markAllOffline } from '../store/keeping.ts'
import { openStore } from '../store/open-store.ts'
import type { Db } from '../store/tables.ts'
import { totals } from '../store/views.ts'
import { Items } from '../uploads/items.ts'
import { Refused } from '../uploads/refused.ts'
import { Uploads } from '../uploads/uploads.ts'
import { Verifier } from '../uploads/verifier.ts'
import { Live } from '../web/live.ts'
import { makeServer } from '../web/server.ts'
import { Views } from '../web/views.ts'
import { startChores } from './chores.ts'
import { type DataFolder, openDataFolder } from './data-folder.ts'

const DAY_MS = 24 * 3_600_000

export interface StartDeps {
  readonly logger?: Logger
  readonly clock?: Clock
}

/** A running bridge. Disposing it stops everything in order: what was taken is committed, nothing new is taken. */
export interface Bridge extends AsyncDisposable {
  /** How people and boxes reach it. */
  readonly httpUrl: string
  readonly mqttUrl: string
  /** While there is no account yet: what the one-time link carries. */
  readonly setupToken: string | undefined
  /** All accounts together: numbered messages committed, media held. */
  counters(): Promise<{ messages: number; mediaItems: number; mediaBytes: number }>
}

/** Whose camera it is, and of which box. */
type CameraOf = Readonly<Record<'account' | 'agent' | 'camera', Id>>

interface Ground {
  readonly options: BridgeOptions
  readonly folder: DataFolder
  readonly db: Db
  readonly keyBox: KeyBox
  readonly logger: Logger
  readonly clock: Clock
  readonly urls: { http: string; mqtt: string }
}

/**
 * Builds the bridge from its rooms and starts it; the one place that knows all of them.
 * @throws LenscapError with one clear sentence: a taken port, a folder that can't be written, records of a newer release
 */
export async function startBridge(settings: BridgeSettings, deps: StartDeps = {}): Promise<Bridge> {
  const options = BridgeOptions.parse(settings)
  const { logger = silentLogger, clock = systemClock } = deps
  await using stack = new AsyncDisposableStack()
  const folder = await openDataFolder(options.data)
  stack.use(holdLock(folder.lock, `Another bridge runs with the folder ${options.data}: stop it first`))
  const db = await openStore(folder.records)
  stack.defer(() => db.destroy())
  await markAllOffline(db)
  const urls = { http: options.publicUrl ?? `http://${options.host}:${options.httpPort}`, mqtt: '' }
  const ground = { options, folder, db, keyBox: await KeyBox.open(folder.key), logger, clock, urls }
  const rooms = openRooms(ground, stack)
  await rooms.items.sweep()
  await rooms.uploads.sweep()
  await rooms.erasure.resume()

  const broker = stack.use(await listenForBoxes(ground, rooms))
  rooms.wires.broker = broker
  urls.mqtt = options.publicMqttUrl ?? `mqtt://${hostInUrl(options.host)}:${broker.port}`
  const listening = await listenForPeople(ground, rooms, stack)
  urls.http = options.publicUrl ?? listening
  stack.defer(startChores(chores(ground, rooms), logger))
  const setupToken = await rooms.accounts.newSetupToken()
  const running = stack.move()
  return {
    httpUrl: urls.http,
    mqttUrl: urls.mqtt,
    setupToken,
    counters: () => totals(db),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Open pages are told of each commit, and whoever turns off what boxes have forgotten. */
const toldOf =
  (live: Live, onForgotten: (camera: CameraOf) => void): OnChange =>
  (changes) => {
    live.changed(changes)
    for (const change of changes) if (change.kind === 'camera-forgotten') onForgotten(change)
  }

/** What can't be turned off allows nothing either: the box sends nothing of a camera that it does not know. */
function turnOff({ account, agent, camera }: CameraOf, consent: Consent, logger: Logger): void {
  consent.end(account, agent, camera).catch((error: unknown) => {
    logger.error({ reason: describeError(error) }, "can't turn off a camera that its box has forgotten")
  })
}

function claimsOf({ db, clock, options, urls }: Ground, onChange: OnChange): Claims {
  return new Claims({
    db,
    clock,
    prefix: options.prefix,
    page: () => new URL('/claim', urls.http).href,
    mqttUrl: () => urls.mqtt,
    onClaimed: (agent, account) => onChange([{ account, kind: 'agent', agent }]),
  })
}

/** The rooms, in the order in which they know each other. What flows back goes through `wires`. */
function openRooms(ground: Ground, stack: AsyncDisposableStack) {
  const { folder, db, keyBox, logger, clock } = ground
  const wires: { broker?: Broker; uploads?: Uploads; relay?: LiveRelay; forgotten?: (camera: CameraOf) => void } = {}
  const mediaStore = new FileMediaStore(folder.media)
  const mediaKeys = new MediaKeys(db, keyBox)
  const contents = new Contents(mediaKeys, mediaStore)
  const sessions = new Sessions({ db, clock })
  const partings = new Partings(db)
  const views = new Views(db)
  const live = stack.use(new Live(views, logger))
  const onChange = toldOf(live, (camera) => wires.forgotten?.(camera))
  const claims = claimsOf(ground, onChange)
  const consent = new Consent({
    db,
    keyBox,
    clock,
    sendGrant: (agent, message) => wires.broker?.send(agent, 'grant', message),
    onRevoked: async (agent) => void (await Promise.all([wires.relay?.revoke(agent), wires.uploads?.revoke(agent)])),
    onChange,
  })
  wires.forgotten = (camera) => turnOff(camera, consent, logger)
  const sendAck: ConstructorParameters<typeof Ingest>[0]['sendAck'] = (agent, ack) =>
    wires.broker?.send(agent, 'ack', ack)
  const ingest = stack.use(new Ingest({ db, clock, logger, onChange, sendAck }))
  const verifier = stack.use(new Verifier(clock))
  const items = new Items({ db, clock, mediaStore, mediaKeys, consent, verifier, onChange })
  const refused = new Refused({ db, clock, onChange })
  const uploads = new Uploads({ db, clock, logger, consent, items, refused, verifier, folder: folder.uploads })
  const sendCommand: LiveRelayDeps['sendCommand'] = (agent, id, command) =>
    wires.broker?.send(agent, 'command', command, id) ?? false
  const relay = stack.use(new LiveRelay({ db, clock, logger, consent, mediaKeys, refused, sendCommand }))
  Object.assign(wires, { uploads, relay })
  const exports = new Exports({ db, clock, contents })
  const letGo = (account: Id, agents: readonly Id[]) => {
    live.end(account)
    relay.end(account)
    exports.end(account)
    for (const agent of agents) wires.broker?.disconnect(agent)
  }
  const erasure = new Erasure({ db, clock, logger, consent, uploads, items, partings, letGo })
  const rooms = {
    contents,
    mediaKeys,
    accounts: new Accounts({ db, keyBox, clock }),
    sessions,
    devices: new Devices(db),
    partings,
    views,
    live,
    forgotten: new ForgottenCameras({ db, items, consent, onChange }),
    claims,
    consent,
    ingest,
    items,
    uploads,
    relay,
    sendCommand,
  }
  return { ...rooms, wires, exports, erasure }
}

type Rooms = ReturnType<typeof openRooms>

function listenForBoxes({ options, logger, clock }: Ground, rooms: Rooms): Promise<Broker> {
  const { devices, ingest, consent, partings, relay, wires } = rooms
  const failed = (error: unknown) =>
    logger.error({ reason: describeError(error) }, "can't serve a box that has connected")
  return Broker.listen(
    {
      prefix: options.prefix,
      logger,
      connectionsMax: options.connectionsMax,
      authenticate: async (agent, token) => {
        const parting = await partings.find(agent, token)
        return parting ? { agent, account: NOBODY, parting } : await devices.authenticate(agent, token)
      },
      accept: async ({ parting, ...message }) => {
        if (parting === undefined) {
          const { agent, name, id, payload } = message
          if (name === 'reply' && id !== undefined) relay.replied(agent, id, payload)
          await ingest.accept(message)
        }
        // Whatever else it still says is for nobody.
        else if (message.name === 'reply') await partings.done(parting)
      },
      onListening: ({ agent, parting }, name) => {
        if (parting !== undefined) {
          if (name === 'command') wires.broker?.send(agent, 'command', resetCommand(clock.nowMs()), newId())
          return
        }
        if (name === 'command') return
        const sent = name === 'ack' ? ingest.sendAcks(agent) : consent.sendCurrent(agent)
        sent.catch(failed)
      },
      onGone: ({ agent, account, parting }) => {
        if (parting === undefined) ingest.offline(agent, account).catch(failed)
      },
    },
    { host: options.host, port: options.mqttPort, option: '--mqtt-port' },
  )
}

/** Gives the address on which it listens. */
async function listenForPeople(ground: Ground, rooms: Rooms, stack: AsyncDisposableStack): Promise<string> {
  const { options, logger, clock, urls } = ground
  const server = await makeServer({
    ...rooms,
    logger,
    clock,
    publicUrl: () => new URL(urls.http),
    consoleDir: options.console,
    trustedProxies: options.trustedProxies,
  })
  // Open pages would hold the server: they end before it closes.
  stack.defer(() => server.close())
  stack.defer(() => rooms.live[Symbol.dispose]())
  stack.defer(() => rooms.relay[Symbol.dispose]())
  const address: Address = { host: options.host, port: options.httpPort, option: '--http-port' }
  return server.listen(address).catch((error: unknown) => {
    throw error instanceof Error ? explainListenError(error, address) : error
  })
}

function chores({ options, db, clock }: Ground, { consent, uploads, sessions, claims, erasure, partings }: Rooms) {
  return [
    { name: 'renew grants', schedule: '7 * * * *', work: () => consent.renewAll() },
    { name: 'purge unfinished uploads', schedule: '17 * * * *', work: () => uploads.sweep() },
    { name: 'forget ended sessions', schedule: '27 * * * *', work: () => sessions.removeExpired() },
    {
      name: 'forget old events',
      // Every hour: a bridge that is off at night forgets as well.
      schedule: '37 * * * *',
      work: () => forgetBefore(db, clock.nowMs() - options.retentionDays * DAY_MS),
    },
    { name: 'forget old ledgers', schedule: '42 * * * *', work: () => forgetBooks(db, clock.nowMs()) },
    { name: 'end erasures', schedule: '57 * * * *', work: () => erasure.resume() },
    { name: 'forget claims that are over', schedule: '47 * * * *', work: () => claims.removeExpired() },
    { name: 'forget boxes that never came back', schedule: '3 4 * * *', work: () => partings.removeOld(clock.nowMs()) },
  ]
}

/** The account of a box whose account is gone. */
const NOBODY = 'nobodynobodynobo'
const RESET_MS = 60_000

const resetCommand = (nowMs: number): Command => {
  return { v: PROTOCOL_VERSION, at: nowMs, seq: 0, name: 'reset', expires: nowMs + RESET_MS }
}

const hostInUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)
