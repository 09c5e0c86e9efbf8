import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { newId } from '../../agent/base/ids.ts'
import { GrantDocument, type SignedGrant, signGrant } from '../../agent/protocol/grant.ts'
import { topicOf } from '../../agent/protocol/topics.ts'
import { KeyBox } from '../../cloud-bridge/accounts/key-box.ts'
import type { Box } from '../harness/box.ts'
import { HostileBroker } from '../harness/hostile-broker.ts'
import { House } from '../harness/house.ts'
import { openTo } from '../harness/sockets.ts'
import { until } from '../harness/until.ts'

/** The grant that the bridge has signed last, and what it says. */
function newestGrant(house: House): { signed: SignedGrant; document: GrantDocument } {
  const [row] = house.records('SELECT document, signature FROM grants')
  const signed = { document: String(row?.['document']), signature: String(row?.['signature']) }
  return { signed, document: GrantDocument.parse(JSON.parse(Buffer.from(signed.document, 'base64url').toString())) }
}

/** The account's own private key, which nobody but the bridge should ever hold. */
async function accountKey(house: House) {
  const [row] = house.records('SELECT account, sealed_private_key FROM account_keys')
  const keyBox = await KeyBox.open(join(house.bridgeFolder, 'account-keys.key'))
  return keyBox.unseal(String(row?.['sealed_private_key']), String(row?.['account']))
}

const heldSerial = (box: Box): unknown => box.rows('state', 'SELECT serial FROM grant_held')[0]?.['serial']

test('a broker in foreign hands can give no permission', { timeout: 180_000 }, async (t) => {
  await using house = await House.build({ signal: t.signal, profiles: ['reolink'] })
  const box = await house.move('box')
  const [camera] = await house.cameras(1)
  const [simulated] = await house.simulator.cameras()
  assert.ok(camera && simulated)
  await house.owner.allow(camera.id, ['clip'])
  await until('its stream is taken', () => openTo(simulated.address, simulated.rtspPort) === 1)
  const old = newestGrant(house)
  await house.owner.allow(camera.id, [])
  await until('the box holds the revocation', () => heldSerial(box) === newestGrant(house).document.serial)
  const { document: newest } = newestGrant(house)
  await until('its stream is closed', () => openTo(simulated.address, simulated.rtspPort) === 0)
  const before = await house.simulator.mediaConnections()

  const wanted: GrantDocument = { ...old.document, serial: newest.serial + 10 }
  const realKey = await accountKey(house)
  const strangersKey = generateKeyPairSync('ed25519').privateKey
  const bad: Record<string, SignedGrant> = {
    'signed by another key': signGrant(wanted, strangersKey),
    'changed after it was signed': {
      document: Buffer.from(JSON.stringify(wanted)).toString('base64url'),
      signature: old.signed.signature,
    },
    'for another agent': signGrant({ ...wanted, agent: newId() }, realKey),
    'for another account': signGrant({ ...wanted, account: newId() }, realKey),
    'an older one again': old.signed,
  }

  await using broker = await HostileBroker.start()
  const { agent, prefix, mqttUrl } = box.identity()
  const say = (grant: SignedGrant) =>
    broker.say(topicOf(prefix, { agent, name: 'grant' }), { v: 1, at: Date.now(), seq: 0, grant })
  const refusals = () =>
    broker.heard.filter(
      ({ topic, payload }) =>
        topic === topicOf(prefix, { agent, name: 'activity' }) && payload.includes('grant-refused'),
    )
  await box.stop()
  box.redirect(broker.url)
  await box.start(house.owner)
  const statusTopic = topicOf(prefix, { agent, name: 'status' })
  await until('the box has come to the wrong broker', () => broker.heard.some(({ topic }) => topic === statusTopic))
  for (const [index, [what, grant]] of Object.entries(bad).entries()) {
    await say(grant)
    await until(`a grant ${what} is refused`, () => refusals().length > index)
    assert.equal(heldSerial(box), newest.serial, what)
  }
  await house.simulator.raise(simulated.id, 'motion')
  await until('the event has come through', () => broker.heard.some(({ payload }) => payload.includes('CellMotion')))
  assert.equal(await house.simulator.mediaConnections(), before, 'nobody came for pictures')
  assert.deepEqual(box.mediaFiles(), [])

  // The same way, the owner's own grant counts: it was the signatures that stopped the others.
  await say(signGrant(wanted, realKey))
  await until('its stream is taken', () => openTo(simulated.address, simulated.rtspPort) === 1)
  await box.stop()
  box.redirect(mqttUrl)
  await box.start(house.owner)
  await until('the owner is told of every attempt', async () => {
    const { activity } = await house.owner.overview()
    return activity.filter(({ kind }) => kind === 'grant-refused').length >= Object.keys(bad).length
  })
})
