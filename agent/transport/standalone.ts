import { generateKeyPairSync } from 'node:crypto'
import { newId } from '../base/ids.ts'
import { Secret } from '../base/secret.ts'
import { type Claimed, loadIdentity, saveIdentity } from './identity.ts'

/** A name that never resolves (RFC 2606, 2): there is no bridge to upload to. */
const NO_BRIDGE = 'https://no-bridge.invalid'

/**
 * Who the box is where nobody claims it: it reports to a broker of its owner's, and that is all. Its id is on disk before
 * it is used. Grants can't come to it: the key that they would have to be signed with is thrown away here.
 */
export async function standaloneIdentity(stateDir: string, prefix: string): Promise<Claimed> {
  const identity = await loadIdentity(stateDir)
  const agent = identity.standalone ?? newId()
  if (identity.standalone === undefined) await saveIdentity(stateDir, { ...identity, standalone: agent })
  return {
    agent,
    prefix,
    account: newId(),
    grantKey: generateKeyPairSync('ed25519').publicKey,
    token: new Secret(''),
    bridgeUrl: NO_BRIDGE,
    mqttUrl: '',
  }
}
