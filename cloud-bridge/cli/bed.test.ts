// The bed that the bridge is tested on: a real bridge, an owner with a browser's manners, and boxes. No tests of its own.
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { systemClock } from '../../agent/base/clock.ts'
import { newId } from '../../agent/base/ids.ts'
import { ClaimOffer, ClaimResult, claimProofBytes, DEVICE_PATHS } from '../../agent/protocol/claim.ts'
import { exportPublicKey } from '../../agent/protocol/grant.ts'
import { downTopics, type MessageName, topicOf } from '../../agent/protocol/topics.ts'
import { Accounts } from '../accounts/accounts.ts'
import { KeyBox } from '../accounts/key-box.ts'
import { openStore } from '../store/open-store.ts'
import { API, Overview, TakeClaimResult } from '../web/api.ts'
import { type Bridge, type StartDeps, startBridge } from './start-bridge.ts'

export const PREFIX = 'lenscap/v1'
export const PASSWORD = 'correct horse battery staple'
export const ANNA = { name: 'Anna', email: 'anna@example.org', username: 'anna', password: PASSWORD }

const BOB = { name: 'Bob', email: 'bob@example.org', username: 'bob', password: PASSWORD }

export const newFolder = () => mkdtempSync(join(tmpdir(), 'lenscap-bridge-'))

export async function until<T>(what: string, find: () => T | Promise<T>, deadlineMs = 5000): Promise<NonNullable<T>> {
  const endMs = Date.now() + deadlineMs
  for (;;) {
    const found = await find()
    if (found) return found
    if (Date.now() > endMs) throw new Error(`waited in vain until ${what}`)
    await sleep(5)
  }
}

export async function start(t: TestContext, data = newFolder(), deps: StartDeps = {}): Promise<Bridge> {
  const bridge = await startBridge({ data, httpPort: 0, mqttPort: 0, console: join(data, 'no-console') }, deps)
  let stopped = false
  const stop = async () => {
    if (!stopped) await bridge[Symbol.asyncDispose]()
    stopped = true
  }
  t.after(stop)
  return { ...bridge, [Symbol.asyncDispose]: stop }
}

/** Somebody's browser: keeps the cookie, sends the header of changes. */
export class Browser {
  readonly #url: string
  cookie = ''

  constructor(url: string) {
    this.#url = url
  }

  async request(method: string, path: string, json?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const response = await fetch(new URL(path, this.#url), {
      method,
      headers: {
        cookie: this.cookie,
        'x-lenscap': '1',
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      redirect: 'manual',
    })
    const set = response.headers.get('set-cookie')
    if (set) this.cookie = set.split(';')[0] ?? ''
    return response
  }

  api = (method: string, path: string, json?: unknown) => this.request(method, `${API}${path}`, json)

  async overview(): Promise<Overview> {
    return Overview.parse(await (await this.api('GET', '/overview')).json())
  }
}

export async function setUp(bridge: Bridge): Promise<Browser> {
  const browser = new Browser(bridge.httpUrl)
  const response = await browser.api('POST', '/setup', { token: bridge.setupToken, ...ANNA })
  assert.equal(response.status, 200, await response.text())
  return browser
}

/** A second account beside the first, made directly through the rooms, and signed in. */
export async function addNeighbour(bridge: Bridge, data: string): Promise<Browser> {
  const db = await openStore(join(data, 'bridge.db'))
  const keyBox = await KeyBox.open(join(data, 'account-keys.key'))
  await new Accounts({ db, keyBox, clock: systemClock }).create(BOB)
  await db.destroy()
  const browser = new Browser(bridge.httpUrl)
  await browser.api('POST', '/session', { username: BOB.username, password: PASSWORD })
  return browser
}

/** A box of this owner, claimed the way a real one is. */
export async function claimBox(bridge: Bridge, owner: Browser): Promise<Box> {
  const key = generateKeyPairSync('ed25519')
  const anybody = new Browser(bridge.httpUrl)
  const request = { publicKey: exportPublicKey(key.publicKey), name: 'Garage', version: '0.1.0' }
  const offer = ClaimOffer.parse(await (await anybody.request('POST', DEVICE_PATHS.claims, request)).json())
  const taken = await owner.api('POST', '/claims', { userCode: offer.userCode })
  TakeClaimResult.parse(await taken.json())
  const proof = sign(null, claimProofBytes(offer.claim), key.privateKey).toString('base64url')
  const answer = await anybody.request('POST', `${DEVICE_PATHS.claims}/${offer.claim}`, { proof })
  const claimed = ClaimResult.parse(await answer.json())
  assert.ok(claimed.state === 'claimed')
  return new Box(bridge.httpUrl, claimed)
}

type Claimed = Extract<ClaimResult, { state: 'claimed' }>

export class Box {
  readonly httpUrl: string
  readonly claimed: Claimed
  readonly camera = newId()
  readonly stream = newId()
  seq = 0

  constructor(httpUrl: string, claimed: Claimed) {
    this.httpUrl = httpUrl
    this.claimed = claimed
  }

  get agent(): string {
    return this.claimed.agent
  }

  topic = (name: MessageName, id?: string) =>
    topicOf(PREFIX, id === undefined ? { agent: this.agent, name } : { agent: this.agent, name, id })

  async connect(t: TestContext, url = this.claimed.mqttUrl): Promise<Line> {
    const { agent, token } = this.claimed
    const options = { username: agent, password: token, clientId: agent, reconnectPeriod: 0 }
    const client = await mqtt.connectAsync(url, options)
    t.after(() => client.endAsync(true))
    return new Line(client, this)
  }

  /** A numbered payload of this box's stream. */
  numbered = (fields: object, seq = ++this.seq) =>
    JSON.stringify({ v: 1, at: Date.now(), seq, stream: this.stream, ...fields })

  status = (online: boolean) =>
    JSON.stringify({
      v: 1,
      at: Date.now(),
      seq: 0,
      online,
      version: '0.1.0',
      uptimeS: 1,
      cap: false,
      spool: { messages: 0, bytes: 0, dropped: 0 },
    })

  tus = (method: string, path: string, headers: Record<string, string> = {}, body?: Buffer | ReadableStream) =>
    fetch(new URL(path, this.httpUrl), {
      method,
      headers: {
        authorization: `Bearer ${this.agent}.${this.claimed.token}`,
        'tus-resumable': '1.0.0',
        ...headers,
      },
      ...(body && { body, duplex: 'half' }),
    })

  create(picture: Picture): Promise<Response> {
    const { bytes, metadata } = picture
    const encoded = Object.entries(metadata).map(
      ([name, value]) => `${name} ${Buffer.from(String(value)).toString('base64')}`,
    )
    return this.tus('POST', DEVICE_PATHS.uploads, {
      'upload-length': String(bytes.length),
      'upload-metadata': encoded.join(','),
    })
  }

  patch = (location: string, offset: number, body: Buffer | ReadableStream) =>
    this.tus(
      'PATCH',
      location,
      { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
      body,
    )

  async upload(picture: Picture): Promise<Response> {
    const created = await this.create(picture)
    if (created.status !== 201) return created
    return this.patch(created.headers.get('location') ?? '', 0, picture.bytes)
  }

  picture(over: Partial<Picture['metadata']> = {}, size = 5000): Picture {
    const bytes = randomBytes(size)
    const metadata = {
      item: newId(),
      camera: this.camera,
      kind: 'snapshot',
      contentType: 'image/jpeg',
      takenAt: Date.now(),
      durationMs: 0,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      grantSerial: 1,
      reason: 'granted',
      ...over,
    }
    return { bytes, metadata }
  }
}

export interface Picture {
  readonly bytes: Buffer
  readonly metadata: Record<string, string | number> & { item: string }
}

/** A box's MQTT connection with what it has heard. */
export class Line {
  readonly client: MqttClient
  readonly heard: { readonly topic: string; readonly json: Record<string, unknown>; readonly retain: boolean }[] = []
  readonly #box: Box

  constructor(client: MqttClient, box: Box) {
    this.client = client
    this.#box = box
    client.on('message', (topic, payload, packet) =>
      this.heard.push({ topic, json: JSON.parse(String(payload)), retain: packet.retain }),
    )
    client.on('error', () => {})
  }

  /** Resolves when the connection has ended, whoever ended it. */
  closed = () => new Promise<void>((resolve) => this.client.once('close', () => resolve()))

  subscribe = () => this.client.subscribeAsync(downTopics(PREFIX, this.#box.agent), { qos: 1 })

  /** Resolves with the PUBACK. */
  publish = (name: MessageName, payload: string, id?: string) =>
    this.client.publishAsync(this.#box.topic(name, id), payload, { qos: 1 })

  acked = (upTo: number) => until(`${upTo} is acknowledged`, () => this.heard.find(({ json }) => json['upTo'] === upTo))

  /** Makes the box's camera known. */
  tellCamera = () => this.publish('camera-info', this.#box.numbered({ info: INFO }), this.#box.camera)

  grant = (serial: number) =>
    until(`grant ${serial} comes`, () =>
      this.heard.find(({ topic, json }) => topic.endsWith('/grant') && grantOf(json).serial === serial),
    )
}

export function grantOf(json: Record<string, unknown>): {
  serial: number
  cameras: unknown[]
  expires: number
  recipients: string[]
} {
  const { grant } = json
  assert.ok(typeof grant === 'object' && grant !== null && 'document' in grant)
  return JSON.parse(Buffer.from(String(grant.document), 'base64url').toString())
}

export const INFO = {
  name: 'Front door',
  manufacturer: 'Acme',
  model: 'C1',
  firmware: '1.0',
  serial: '0042',
  hardwareId: '1',
  endpoint: 'urn:uuid:1',
  device: 'd1',
  address: '127.0.0.1',
  port: 80,
  macs: [],
  addresses: [],
  hostname: '',
  gateway: [],
  dns: [],
  ntp: [],
  protocols: [],
  profiles: [],
  scopes: [],
  services: [],
}

export const EVENT = { kind: 'motion', active: true, topic: 'tns1:VideoSource/MotionAlarm', source: {}, data: {} }
