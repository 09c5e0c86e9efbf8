import type { Clock } from '../../agent/base/clock.ts'
import { systemClock } from '../../agent/base/clock.ts'
import { describeError } from '../../agent/base/errors.ts'
import { type Logger, silentLogger } from '../../agent/base/logger.ts'
import { Accounts } from '../accounts/accounts.ts'
import { KeyBox } from '../accounts/key-box.ts'
import { Sessions } from '../accounts/sessions.ts'
import { Broker } from '../broker/broker.ts'
import { explainListenError } from '../broker/listen.ts'
import { BridgeOptions, type BridgeSettings } from '../config/options.ts'
import { Claims } from '../devices/claims.ts'
import { Devices } from '../devices/devices.ts'
import { Ingest } from '../ingest/ingest.ts'
import { openStore } from '../store/open-store.ts'
import { makeServer } from '../web/server.ts'
import { openDataFolder } from './data-folder.ts'

export interface StartDeps {
  readonly logger?: Logger
  readonly clock?: Clock
}

/** A running bridge. Disposing it stops everything, in order, with deadlines. */
export interface Bridge extends AsyncDisposable {
  readonly httpUrl: string
  readonly mqttUrl: string
  /** While there is no account yet: what the one-time link carries. */
  readonly setupToken: string | undefined
}

/** Builds the bridge from its rooms and starts it. @throws LenscapError with one clear sentence */
export async function startBridge(settings: BridgeSettings, deps: StartDeps = {}): Promise<Bridge> {
  const options = BridgeOptions.parse(settings)
  const { logger = silentLogger, clock = systemClock } = deps
  const folder = await openDataFolder(options.data)
  await using stack = new AsyncDisposableStack()
  const db = await openStore(folder.records)
  stack.defer(() => db.destroy())
  const keyBox = await KeyBox.open(folder.key)
  const accounts = new Accounts({ db, keyBox, clock })
  const sessions = new Sessions({ db, clock })
  const devices = new Devices(db)
  const urls = { http: '', mqtt: '' }
  const claims = new Claims({
    db,
    clock,
    prefix: options.prefix,
    page: () => new URL('/claim', urls.http).href,
    mqttUrl: () => urls.mqtt,
    onClaimed: () => {},
  })
  const ingest = stack.use(
    new Ingest({ db, clock, logger, onChange: () => {}, sendAck: (agent, ack) => broker.send(agent, 'ack', ack) }),
  )
  const failed = (what: string) => (error: unknown) => logger.error({ reason: describeError(error) }, what)
  const broker: Broker = await Broker.listen(
    {
      prefix: options.prefix,
      logger,
      connectionsMax: options.connectionsMax,
      authenticate: (agent, token) => devices.authenticate(agent, token),
      accept: (message) => ingest.accept(message),
      onListening: ({ agent }, name) => {
        if (name === 'ack') ingest.sendAcks(agent).catch(failed("can't send acknowledgements"))
      },
      onGone: ({ agent, account }) => ingest.offline(agent, account).catch(failed("can't mark a box as gone")),
    },
    { host: options.host, port: options.mqttPort, option: '--mqtt-port' },
  )
  stack.use(broker)
  urls.mqtt = options.publicMqttUrl ?? `mqtt://${options.host}:${broker.port}`
  urls.http = options.publicUrl ?? `http://${options.host}:${options.httpPort}`
  const server = await makeServer({
    accounts,
    sessions,
    claims,
    logger,
    publicUrl: () => new URL(urls.http),
    consoleDir: options.console,
  })
  stack.defer(() => server.close())
  const address = { host: options.host, port: options.httpPort, option: '--http-port' }
  const httpUrl = await server.listen(address).catch((error: unknown) => {
    throw error instanceof Error ? explainListenError(error, address) : error
  })
  urls.http = options.publicUrl ?? httpUrl
  const setupToken = await accounts.newSetupToken()
  const running = stack.move()
  return {
    httpUrl: urls.http,
    mqttUrl: urls.mqtt,
    setupToken,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
