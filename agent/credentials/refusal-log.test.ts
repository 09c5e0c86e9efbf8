import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { openDatabase } from '../base/database.ts'
import { Secret } from '../base/secret.ts'
import { Keys } from './keys.ts'
import { BriefRefusals, REFUSALS_TABLES, RefusalLog, type RefusalMemory } from './refusal-log.ts'

const admin = { username: 'admin', password: new Secret('one') }
const other = { username: 'admin', password: new Secret('two') }
/** The same text in another place: `1:a` and `b` are not `1` and `a:b`. */
const shifted = { username: 'admino', password: new Secret('ne') }

const marker = new Keys(randomBytes(32), randomBytes(32), 'file')
const kinds: Readonly<Record<string, () => RefusalMemory>> = {
  'on disk': () => new RefusalLog(openDatabase(':memory:', [REFUSALS_TABLES]), marker),
  'in memory': () => new BriefRefusals(),
}

for (const [name, make] of Object.entries(kinds)) {
  describe(`what was refused, remembered ${name}`, () => {
    it('counts for this device, this way, this user and password only', () => {
      const memory = make()
      memory.note('a', admin, 'onvif', 'refused', 1)
      assert.equal(memory.last('a', admin, 'onvif'), 'refused')
      assert.equal(memory.last('a', { ...admin, password: new Secret('one') }, 'onvif'), 'refused')
      for (const [device, credential, way] of [
        ['b', admin, 'onvif'],
        ['a', other, 'onvif'],
        ['a', shifted, 'onvif'],
        ['a', admin, 'rtsp'],
      ] as const)
        assert.equal(memory.last(device, credential, way), undefined)
      memory.note('a', admin, 'onvif', 'accepted', 2)
      assert.equal(memory.last('a', admin, 'onvif'), 'accepted')
    })

    it('goes with a device that gets its id, and leaves what that id has', () => {
      const memory = make()
      memory.note('place', admin, 'onvif', 'refused', 1)
      memory.noteLockout('place', { reason: 'locked-out', untilMs: 5 })
      memory.rename('place', 'id')
      assert.equal(memory.last('id', admin, 'onvif'), 'refused')
      assert.deepEqual(memory.lockout('id'), { reason: 'locked-out', untilMs: 5 })
      assert.equal(memory.last('place', admin, 'onvif'), undefined)
    })
  })
}

describe('the log on disk', () => {
  it('outlives a restart, holds no user and no password, and means nothing under another key', () => {
    const db = openDatabase(':memory:', [REFUSALS_TABLES])
    new RefusalLog(db, marker).note('a', admin, 'onvif', 'refused', 1)
    assert.equal(new RefusalLog(db, marker).last('a', admin, 'onvif'), 'refused')
    const foreign = new Keys(randomBytes(32), randomBytes(32), 'file')
    assert.equal(new RefusalLog(db, foreign).last('a', admin, 'onvif'), undefined)
    const rows = JSON.stringify([
      db.prepare('SELECT * FROM credential_outcome').all(),
      db.prepare('SELECT * FROM credential_device').all(),
    ])
    for (const text of ['admin', 'one']) assert.ok(!rows.includes(`"${text}"`))
  })

  it('forgets a device, or a set that was entered again, when told to', () => {
    const log = new RefusalLog(openDatabase(':memory:', [REFUSALS_TABLES]), marker)
    for (const device of ['a', 'b']) {
      for (const each of [admin, other]) log.note(device, each, 'onvif', 'refused', 1)
    }
    log.forgetCredential(admin)
    assert.deepEqual(
      ['a', 'b'].map((device) => log.last(device, admin, 'onvif')),
      [undefined, undefined],
    )
    assert.equal(log.last('a', other, 'onvif'), 'refused')
    assert.equal(log.forget('a'), 1)
    assert.deepEqual(
      ['a', 'b'].map((device) => log.last(device, other, 'onvif')),
      [undefined, 'refused'],
    )
    assert.equal(log.forget(), 1)
  })

  it('stays bounded for a device that is tried with everything', () => {
    const db = openDatabase(':memory:', [REFUSALS_TABLES])
    const log = new RefusalLog(db, marker)
    for (let i = 0; i < 300; i += 1)
      log.note('a', { username: 'u', password: new Secret(`p${i}`) }, 'onvif', 'refused', i)
    assert.deepEqual(db.prepare('SELECT count(*) AS n FROM credential_outcome').get(), { n: 256 })
    assert.equal(log.last('a', { username: 'u', password: new Secret('p299') }, 'onvif'), 'refused')
  })
})

describe('what was taken, on its way to the disk', () => {
  const file = () => {
    const db = openDatabase(':memory:', [REFUSALS_TABLES])
    return { log: new RefusalLog(db, marker), onDisk: () => new RefusalLog(db, marker) }
  }
  const settled = async (arrived: () => boolean) => {
    for (let i = 0; i < 1_000 && !arrived(); i += 1) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  it('counts at once, also under the id that its device gets meanwhile, and is there soon', async () => {
    const { log, onDisk } = file()
    log.note('place', admin, 'onvif', 'accepted', 1)
    log.rename('place', 'id')
    assert.equal(log.last('id', admin, 'onvif'), 'accepted')
    assert.equal(log.last('place', admin, 'onvif'), undefined)
    await settled(() => onDisk().last('id', admin, 'onvif') !== undefined)
    assert.equal(onDisk().last('id', admin, 'onvif'), 'accepted')
  })

  it('never comes after a refusal that followed it, which is there at once', async () => {
    const { log, onDisk } = file()
    log.note('a', admin, 'onvif', 'accepted', 1)
    log.note('a', admin, 'onvif', 'doubted', 2)
    assert.equal(onDisk().last('a', admin, 'onvif'), 'doubted')
    log.note('b', admin, 'onvif', 'accepted', 3)
    await settled(() => onDisk().last('b', admin, 'onvif') !== undefined)
    assert.equal(onDisk().last('a', admin, 'onvif'), 'doubted')
  })
})
