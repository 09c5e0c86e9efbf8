import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { GrantDocument, type SignedGrant } from '../../agent/protocol/grant.ts'
import { KeyBox } from '../../cloud-bridge/accounts/key-box.ts'
import { Owner } from '../demo/owner.ts'
import { Program } from '../demo/program.ts'
import { readRows } from '../harness/box.ts'
import { programPath } from '../harness/command.ts'
import { BRIDGE, PORTS } from './places.ts'

/** The real bridge, its owner, and what only somebody who broke into it could take: the account's key. */
export class BridgeSide implements AsyncDisposable {
  readonly owner = new Owner(`http://${BRIDGE}:${PORTS.http}`)
  readonly #folder: string
  readonly #program: Program

  private constructor(folder: string) {
    this.#folder = join(folder, 'bridge')
    this.#program = new Program({
      name: 'bridge',
      executable: programPath('lenscap-bridge'),
      args: [
        ...['run', '--data', this.#folder, '--host', BRIDGE, '--json'],
        ...['--http-port', String(PORTS.http), '--mqtt-port', String(PORTS.mqtt)],
      ],
      logPath: join(folder, 'bridge.log'),
    })
  }

  static async start(folder: string): Promise<BridgeSide> {
    const side = new BridgeSide(folder)
    const { setupToken } = await side.#program.line(({ event }) => event === 'ready', 60_000)
    const login = { username: 'owner', password: 'a long enough password' }
    await side.owner.setUp({ token: String(setupToken), name: 'House', email: 'owner@example.org', ...login })
    return side
  }

  /** The grant that it has signed last. */
  newestGrant(): { readonly signed: SignedGrant; readonly document: GrantDocument } {
    const [row] = this.#rows('SELECT document, signature FROM grants')
    const signed = { document: String(row?.['document']), signature: String(row?.['signature']) }
    return { signed, document: GrantDocument.parse(JSON.parse(Buffer.from(signed.document, 'base64url').toString())) }
  }

  async accountKey(): Promise<KeyObject> {
    const [row] = this.#rows('SELECT account, sealed_private_key FROM account_keys')
    const keyBox = await KeyBox.open(join(this.#folder, 'account-keys.key'))
    return keyBox.unseal(String(row?.['sealed_private_key']), String(row?.['account']))
  }

  /** How many events the bridge has committed. */
  events = (): number => Number(this.#rows('SELECT count(*) AS events FROM events')[0]?.['events'])

  #rows(sql: string): Record<string, unknown>[] {
    return readRows(join(this.#folder, 'bridge.db'), sql)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop(4000)
  }
}
