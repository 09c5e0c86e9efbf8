import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { API, CHANGE_HEADER } from '../../cloud-bridge/web/api.ts'
import { House } from '../harness/house.ts'
import { until } from '../harness/until.ts'

/** The owner deletes the account for good, as in the console. */
async function eraseAccount({ url, login }: House): Promise<void> {
  const headers = { 'content-type': 'application/json', [CHANGE_HEADER]: '1' }
  const send = (method: string, path: string, body: object, cookie = '') =>
    fetch(`${url}${API}${path}`, { method, headers: { ...headers, cookie }, body: JSON.stringify(body) })
  const session = await send('POST', '/session', login)
  const [cookie = ''] = session.headers.getSetCookie()
  const erased = await send('DELETE', '/account', { password: login.password }, cookie.split(';')[0])
  assert.equal(erased.status, 200, await erased.text())
}

test('a password entered while the agent runs lets it in within seconds, and nothing is sent twice', {
  timeout: 270_000,
}, async (t) => {
  await using house = await House.build({ signal: t.signal, profiles: ['axis'] })
  const wrong = join(house.folder, 'wrong-password')
  writeFileSync(wrong, 'not the word\n', { mode: 0o600 })
  const box = await house.move('box', wrong)
  const [camera] = await house.simulator.cameras()
  assert.ok(camera)
  const refused = async () => (await house.simulator.journal(camera.id)).counts.refusedCredentials
  await until('the camera has refused the wrong one', async () => (await refused()) > 0)
  const before = await refused()
  const pid = box.pid
  const added = await box.ask('credentials', 'add', '--user', 'admin', '--password-file', house.passwordFile)
  assert.equal(added.code, 0, added.err)
  await until('the camera lets it in', async () => {
    const [shown] = (await house.owner.overview()).cameras
    return shown?.health?.level === 'up' && shown.health.diagnoses.every(({ code }) => code !== 'AUTH_REJECTED')
  })
  assert.equal(await refused(), before, 'the refused one is not sent again')
  assert.equal(box.pid, pid)
})

test('an account that its owner deletes wipes the box, also where the power was cut on the way', {
  timeout: 270_000,
}, async (t) => {
  await using house = await House.build({ signal: t.signal, profiles: ['axis'] })
  const box = await house.move('box')
  await house.cameras(1)
  await box.ask('credentials', 'add', '--user', 'other', '--password-file', house.passwordFile)
  const { agent } = box.identity()
  assert.ok(
    existsSync(join(box.stateDir, 'credentials.sealed')) || readdirSync(box.stateDir).some((n) => /credential/.test(n)),
  )
  await eraseAccount(house)
  const told = (event: string) =>
    house.said.some(({ program, line }) => program === 'box' && JSON.stringify(line).includes(`"event":"${event}"`))
  await until('the box says that it was wiped', () => told('reset'))
  await until(
    'it waits for another owner',
    () => house.said.filter(({ line }) => JSON.stringify(line).includes('"event":"claim"')).length > 1,
  )
  const left = readdirSync(box.stateDir)
  for (const name of ['state.db', 'spool.db', 'media-queue', 'wipe-begun']) assert.ok(!left.includes(name), name)
  assert.ok(!left.some((name) => /credential/.test(name)), left.join())
  // A power cut in the middle: the mark is on disk, and so is something that should be gone.
  await box.kill()
  writeFileSync(join(box.stateDir, 'wipe-begun'), '')
  writeFileSync(join(box.stateDir, 'homeassistant.json'), agent)
  const claims = house.said.length
  void box.start(house.owner).catch(() => {})
  await until('it begins again', () =>
    house.said.slice(claims).some(({ line }) => JSON.stringify(line).includes('claim')),
  )
  for (const name of ['wipe-begun', 'homeassistant.json']) assert.ok(!existsSync(join(box.stateDir, name)), name)
})
