import assert from 'node:assert/strict'
import { mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { Secret } from '../base/secret.ts'
import { exportPublicKey } from '../protocol/grant.ts'
import { loadIdentity, saveIdentity } from './identity.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'lenscap-identity-'))

describe('the identity', () => {
  it('is made once and stays the same', async () => {
    const stateDir = folder()
    const [made, read] = [await loadIdentity(stateDir), await loadIdentity(stateDir)]
    assert.equal(exportPublicKey(read.publicKey), exportPublicKey(made.publicKey))
    assert.equal(read.claimed, undefined)
    assert.equal(statSync(join(stateDir, 'identity.json')).mode & 0o777, 0o600)
  })

  it('keeps a claim, and never prints its token', async () => {
    const stateDir = folder()
    const identity = await loadIdentity(stateDir)
    const token = 'a-token-of-more-than-thirty-two-characters'
    const claimed = {
      bridgeUrl: 'http://127.0.0.1:1',
      agent: 'agentaaaaaaaaaaa',
      account: 'accountaaaaaaaaa',
      grantKey: identity.publicKey,
      token: new Secret(token),
      mqttUrl: 'mqtt://127.0.0.1:1',
      prefix: 'lenscap/v1',
    }
    await saveIdentity(stateDir, { ...identity, claimed })
    const read = await loadIdentity(stateDir)
    assert.equal(read.claimed?.token.reveal(), token)
    assert.equal(read.claimed?.agent, claimed.agent)
    assert.equal(inspect(read, { depth: 9 }).includes(token) || JSON.stringify(read.claimed).includes(token), false)
  })

  it('never makes a new key over a damaged file, and quotes nothing of it', async () => {
    const stateDir = folder()
    writeFileSync(join(stateDir, 'identity.json'), '{"v":1,"privateKey":"c2VjcmV0"}')
    await assert.rejects(loadIdentity(stateDir), (error: Error) => {
      assert.match(error.message, /identity.json is damaged/)
      return !inspect(error).includes('c2VjcmV0')
    })
  })
})
