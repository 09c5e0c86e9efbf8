import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { endWipe } from '../commands/wipe.ts'
import { exportPublicKey } from '../protocol/grant.ts'
import { loadIdentity } from '../transport/identity.ts'
import { areTwo, readMachine, rememberMachine, wasCloned } from './machine.ts'

/** A machine's files; what is not given it does not tell. */
function machine(t: TestContext, files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'lenscap-machine-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const BOARD = 'sys/firmware/devicetree/base/serial-number'
const card = (name: string, address: string) => ({
  [`sys/class/net/${name}/address`]: `${address}\n`,
  [`sys/class/net/${name}/device/uevent`]: 'DRIVER=x',
})

/** As `run` begins. */
async function start(stateDir: string, root: string) {
  const isClone = await wasCloned(stateDir, root)
  await endWipe(stateDir)
  await rememberMachine(stateDir, root)
  return { isClone, key: exportPublicKey((await loadIdentity(stateDir)).publicKey) }
}

describe('a state folder', () => {
  it('that is copied to another machine starts as a new box there, and stays who it is on its own', async (t) => {
    const first = machine(t, { 'etc/machine-id': 'aaaa\n', [BOARD]: '1000\u0000' })
    const second = machine(t, { 'etc/machine-id': 'aaaa\n', [BOARD]: '2000\u0000' })
    const stateDir = join(first, 'state')
    const { key, isClone } = await start(stateDir, first)
    assert.equal(isClone, false)
    for (const name of ['credentials.sealed', 'cap-on']) writeFileSync(join(stateDir, name), '')
    const copy = join(second, 'state')
    cpSync(stateDir, copy, { recursive: true })

    const other = await start(copy, second)
    assert.equal(other.isClone, true)
    assert.notEqual(other.key, key)
    assert.equal(existsSync(join(copy, 'credentials.sealed')), false)
    assert.equal(existsSync(join(copy, 'cap-on')), true, 'the cap stays')
    assert.deepEqual(await start(copy, second), { isClone: false, key: other.key })
    assert.deepEqual(await start(stateDir, first), { isClone: false, key })
  })

  it('is known by the number of the system where no hardware tells', async (t) => {
    const first = machine(t, { 'etc/machine-id': 'aaaa\n' })
    const second = machine(t, { 'etc/machine-id': 'bbbb\n' })
    const stateDir = join(first, 'state')
    await start(stateDir, first)
    assert.equal(await wasCloned(stateDir, first), false)
    assert.equal(await wasCloned(stateDir, second), true)
  })

  it('stays with a box whose network card, or whose system, was changed', async (t) => {
    const before = await readMachine(
      machine(t, { 'etc/machine-id': 'aaaa', ...card('eth0', '02:00:00:00:00:01'), [BOARD]: '1' }),
    )
    const cardChanged = await readMachine(machine(t, { ...card('eth0', '02:00:00:00:00:02'), [BOARD]: '1' }))
    const flashedAnew = await readMachine(
      machine(t, { 'etc/machine-id': 'bbbb', ...card('eth0', '02:00:00:00:00:01') }),
    )
    const other = await readMachine(machine(t, { 'etc/machine-id': 'aaaa', ...card('eth0', '02:00:00:00:00:03') }))
    assert.equal(areTwo(before, cardChanged), false)
    assert.equal(areTwo(before, flashedAnew), false)
    assert.equal(areTwo(before, other), true)
  })

  it('is not taken for a clone by what a machine does not tell, or tells of all of its kind', async (t) => {
    const silent = await readMachine(machine(t, { 'etc/machine-id': 'uninitialized\n', [BOARD]: '0000\n' }))
    assert.deepEqual(silent, { v: 1, hardware: [] })
    const virtual = await readMachine(machine(t, { 'sys/class/net/veth0/address': '02:00:00:00:00:09\n' }))
    assert.deepEqual(virtual.hardware, [], 'a card without a device behind it is made up')
    const known = await readMachine(machine(t, { 'etc/machine-id': 'aaaa', [BOARD]: '1' }))
    assert.equal(areTwo(known, silent), false)
  })

  it('keeps what it knew of a machine that tells less today, and writes a damaged record anew', async (t) => {
    const full = machine(t, { 'etc/machine-id': 'aaaa', [BOARD]: '1' })
    const early = machine(t, { 'etc/machine-id': 'aaaa' })
    const clone = machine(t, { 'etc/machine-id': 'aaaa', [BOARD]: '2' })
    const stateDir = join(full, 'state')
    await start(stateDir, full)
    await start(stateDir, early)
    assert.equal(await wasCloned(stateDir, clone), true)
    writeFileSync(join(stateDir, 'machine.json'), '{')
    assert.equal(await wasCloned(stateDir, clone), false)
    await rememberMachine(stateDir, full)
    assert.equal(await wasCloned(stateDir, full), false)
  })
})
