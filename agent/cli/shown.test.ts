import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { Aedes } from 'aedes'
import { systemClock } from '../base/clock.ts'
import { openDatabase } from '../base/database.ts'
import { silentLogger } from '../base/logger.ts'
import { AgentConfig } from '../config/schema.ts'
import { LEDGER_TABLES, Ledger } from '../egress/ledger.ts'
import { CameraFacts } from '../protocol/camera.ts'
import { openDoor } from '../transport/broker-door.testing.ts'
import { until } from '../transport/until.testing.ts'
import { Shown } from './shown.ts'

const [ONE, OTHER] = ['cameraaaaaaaaaaa', 'camerabbbbbbbbbb']

const facts = CameraFacts.parse({
  ...{ name: 'Door', manufacturer: 'Maker', model: 'M1', firmware: '1', serial: '7', hardwareId: 'h' },
  ...{ endpoint: 'urn:uuid:1', device: 'deviceaaaaaaaaaa', address: '127.0.0.1', port: 80, macs: [], addresses: [] },
  ...{ hostname: '', gateway: [], dns: [], ntp: [], protocols: [], profiles: [], scopes: [], services: [] },
})

/** A broker and what it holds retained. */
async function broker(t: TestContext) {
  const retained = new Map<string, string>()
  const aedes = await Aedes.createBroker()
  aedes.on('publish', ({ topic, payload, retain }) => {
    if (topic.startsWith('$SYS') || !retain) return
    if (payload.length === 0) retained.delete(topic)
    else retained.set(topic, payload.toString())
  })
  const { url } = await openDoor(t, aedes)
  return { retained, url, of: (camera: string) => [...retained.keys()].filter((topic) => topic.includes(camera)) }
}

describe('Home Assistant as a switch', () => {
  it('leaves nothing on a former broker, nor of a forgotten camera, nor anywhere when switched off', async (t) => {
    const [first, second] = [await broker(t), await broker(t)]
    const stateDir = mkdtempSync(join(tmpdir(), 'lenscap-shown-'))
    const db = openDatabase(':memory:', [LEDGER_TABLES])
    const config = (homeAssistant: object) =>
      AgentConfig.parse({ bridge: 'http://127.0.0.1:1', stateDir, homeAssistant })
    const at = (url: string, discoveryPrefix = 'homeassistant') =>
      config({ enabled: true, discoveryPrefix, broker: { url } })
    const known = new Set([ONE, OTHER])
    const stop = new AbortController()
    const shown = new Shown({
      ...{ agent: 'agentaaaaaaaaaaa', config: at(first.url), ledger: new Ledger(db), allows: () => false },
      ...{ clock: systemClock, random: () => 0, logger: silentLogger, known: () => known },
    })
    const running = shown.run(stop.signal)
    t.after(async () => {
      stop.abort()
      await running
      db.close()
      rmSync(stateDir, { recursive: true })
    })
    for (const camera of [ONE, OTHER]) {
      shown.camera(camera, facts)
      shown.health(camera, { level: 'up', diagnoses: [] })
    }
    await until('the first broker is told', () => first.of(ONE).length >= 4 && first.of(OTHER).length >= 4)
    shown.use(at(second.url))
    await until(
      'the second is told, the first holds nothing',
      () => second.of(OTHER).length >= 4 && first.retained.size === 0,
    )
    shown.use(at(second.url, 'ha'))
    await until('the new prefix is used alone', () => {
      const configs = [...second.retained.keys()].filter((topic) => topic.endsWith('/config'))
      return configs.length === 2 && configs.every((topic) => topic.startsWith('ha/')) && second.of(ONE).length >= 4
    })
    known.delete(ONE)
    shown.use(config({ enabled: true, discoveryPrefix: 'ha', broker: { url: second.url } }))
    await until('who is not known any more is gone', () => second.of(ONE).length === 0 && second.of(OTHER).length >= 4)
    shown.use(config({}))
    await until('nothing is left', () => second.retained.size === 0)
    await until('nor on the disk', () => readdirSync(stateDir).length === 0)
  })
})
