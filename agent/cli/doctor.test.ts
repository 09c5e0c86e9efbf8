import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { Secret } from '../base/secret.ts'
import { HealthStore } from '../health/store.ts'
import { Inventory } from '../inventory/inventory.ts'
import { importPublicKey } from '../protocol/grant.ts'
import { loadIdentity, saveIdentity } from '../transport/identity.ts'
import { checkClock, type Finding } from './checks.ts'
import { runDoctor } from './doctor.ts'
import { EXIT, Output } from './output.ts'
import { openStateDatabase, statePaths } from './state.ts'
import { soapCamera } from './testing.ts'

const never = new AbortController().signal
const GRANT_KEY = 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE'

/** A bridge as far as the doctor asks it. */
async function healthyBridge() {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/healthz' ? 200 : 404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { port, url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void server.close() }
}

function box(bridge: string) {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-doctor-'))
  const stateDir = join(folder, 'state')
  mkdirSync(stateDir)
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, 'a secret word', { mode: 0o600 })
  const config = join(folder, 'agent.yaml')
  const credentials = `credentials:\n  - username: admin\n    passwordFile: ${passwordFile}\n`
  writeFileSync(config, `bridge: ${bridge}\nstateDir: ${stateDir}\n${credentials}`)
  return { folder, stateDir, passwordFile, config }
}

async function claimOn(bridge: { port: number; url: string }, stateDir: string) {
  const names = { agent: 'agentaaaaaaaaaaa', account: 'accountaaaaaaaaa', prefix: 'lenscap', bridgeUrl: bridge.url }
  const token = new Secret('a-token-of-at-least-32-characters-length')
  const claimed = { ...names, token, grantKey: importPublicKey(GRANT_KEY), mqttUrl: `mqtt://127.0.0.1:${bridge.port}` }
  await saveIdentity(stateDir, { ...(await loadIdentity(stateDir)), claimed })
}

async function examine(config: string) {
  const said: string[] = []
  const code = await runDoctor(config, new Output(true, (text) => said.push(text)), never)
  const findings: Finding[] = JSON.parse(said.join(''))
  assert.doesNotMatch(said.join(''), /secret word|a-token/)
  return { code, findings, of: (check: string) => findings.find((each) => each.check === check) }
}

describe('doctor', () => {
  it('finds nothing to mend on a box that works', async () => {
    await using bridge = await healthyBridge()
    await using camera = await soapCamera()
    const { config, stateDir } = box(bridge.url)
    await claimOn(bridge, stateDir)
    const db = openStateDatabase(statePaths({ stateDir }).state)
    const inventory = new Inventory({ db, credentials: [], clock: systemClock })
    for await (const _ of inventory.refresh([camera.sighting], never));
    const id = inventory.devices()[0]?.cameras[0]?.camera ?? ''
    const health = new HealthStore(db)
    health.save(id, Date.now(), { level: 'up', diagnoses: [] })
    const well = await examine(config)
    assert.equal(well.code, EXIT.done, JSON.stringify(well.findings))
    assert.deepEqual(
      well.findings.map(({ check }) => check),
      ['configuration', 'state folder', 'clock', 'password file', 'claim', 'bridge', 'broker', 'camera'],
    )
    health.save(id, Date.now(), {
      level: 'unreachable',
      diagnoses: [{ code: 'UNREACHABLE', detail: 'nothing answers' }],
    })
    const ill = await examine(config)
    assert.equal(ill.code, EXIT.failed)
    assert.match(ill.of('camera')?.advice ?? '', /power and cable/)
    db.close()
  })

  it('says what to do on a fresh box whose bridge is not there', async () => {
    const { config } = box('http://127.0.0.1:1')
    const { code, findings, of } = await examine(config)
    assert.equal(code, EXIT.failed)
    assert.deepEqual([of('bridge')?.state, of('claim')?.state, of('cameras')?.state], ['failed', 'warning', 'warning'])
    assert.ok(findings.every(({ state, advice }) => (state === 'ok') === (advice === '')))
  })

  it('only warns of what works and should be better', async () => {
    await using bridge = await healthyBridge()
    const { config, passwordFile } = box(bridge.url)
    chmodSync(passwordFile, 0o644)
    const { code, of } = await examine(config)
    assert.equal(code, EXIT.partly)
    assert.equal(of('password file')?.advice, `Run: chmod 600 ${passwordFile}`)
  })

  it('names the line of a configuration that makes no sense, and looks no further', async () => {
    const { config } = box('not a url')
    const { code, findings } = await examine(config)
    assert.deepEqual([code, findings.length], [EXIT.failed, 1])
    assert.match(findings[0]?.found ?? '', /line 1, column 9: bridge/)
  })

  it("tells a clock that was never set, and one that is not the bridge's", () => {
    const now = Date.parse('2026-03-01T10:00:00Z')
    assert.equal(checkClock(now, undefined).state, 'ok')
    assert.equal(checkClock(now, now - 2000).state, 'ok')
    assert.equal(checkClock(1000, undefined).state, 'failed')
    assert.match(checkClock(now, now + 120_000).found, /120 s behind/)
  })
})
