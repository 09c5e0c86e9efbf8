import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type DiscoverRequest, runDiscover } from './discover.ts'
import { EXIT, Output } from './output.ts'
import { soapCamera } from './testing.ts'

const never = new AbortController().signal

async function discover(request: Partial<DiscoverRequest>) {
  const said: string[] = []
  const all = { cidr: [], host: [], interface: ['none'], discoveryPort: 9, timeout: 1, ...request }
  const code = await runDiscover(all, new Output(true, (text) => said.push(text)), never)
  return { code, devices: JSON.parse(said.join('')) }
}

describe('discover', () => {
  it('is done when nothing answers, and says so as an empty list', async () => {
    assert.deepEqual(await discover({ host: ['127.0.0.1:9'] }), { code: EXIT.done, devices: [] })
  })

  it('is done when every device that answers was read', async () => {
    await using camera = await soapCamera()
    const { code, devices } = await discover({ host: [camera.host] })
    assert.equal(code, EXIT.done)
    const [{ manufacturer, serial, channels, diagnosis }] = devices
    assert.deepEqual([manufacturer, serial, channels, diagnosis], ['Maker', 'SN47110815', 1, ''])
  })

  it('is done partly when a device could not be read, and says why', async () => {
    await using open = await soapCamera()
    await using closed = await soapCamera({ closed: true })
    const { code, devices } = await discover({ host: [open.host, closed.host] })
    assert.equal(code, EXIT.partly)
    assert.equal(devices.length, 2)
    assert.deepEqual(devices.map(({ diagnosis }: { diagnosis: string }) => diagnosis !== '').toSorted(), [false, true])
  })

  it('refuses half a credential, an unreadable password and a range that makes no sense', async () => {
    await assert.rejects(discover({ user: 'admin' }), { kind: 'invalid', message: /both/ })
    await assert.rejects(discover({ user: 'admin', passwordFile: '/nonexistent' }), { kind: 'invalid' })
    const empty = join(mkdtempSync(join(tmpdir(), 'lenscap-discover-')), 'password')
    writeFileSync(empty, '\n')
    await assert.rejects(discover({ user: 'admin', passwordFile: empty }), { kind: 'invalid', message: /empty/ })
    await assert.rejects(discover({ cidr: ['10.0.0.0/8'] }), { kind: 'limit' })
  })
})
