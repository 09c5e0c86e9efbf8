import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import systeminformation from 'systeminformation'
import { HostFacts } from '../protocol/host.ts'
import { readHost } from './host.ts'

describe("the box's own facts", () => {
  it('are read', async () => {
    const facts = await readHost()
    assert.deepEqual(HostFacts.parse(facts), facts)
    assert.ok(facts.memory.totalBytes > 0 && facts.cpu.cores > 0)
    assert.ok(facts.interfaces.every(({ addresses }) => !addresses.includes('127.0.0.1')))
  })

  it('stay empty where the box is silent, fails, or tells nonsense', async () => {
    const facts = await readHost(
      {
        ...systeminformation,
        system: () => new Promise(() => {}),
        osInfo: () => Promise.reject(new Error('no such file')),
        cpu: () => {
          throw new Error('no such program')
        },
        currentLoad: async () => ({ ...(await systeminformation.currentLoad()), currentLoad: Number.NaN }),
        fsSize: () => new Promise(() => {}),
      },
      900,
    )
    assert.equal(facts.model, '')
    assert.equal(facts.os, '')
    assert.deepEqual(facts.disks, [])
    assert.deepEqual(facts.cpu, { model: '', cores: 0, loadPercent: 0 })
    assert.ok(facts.memory.totalBytes > 0, 'what is known is told')
  })
})
