import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { Aedes } from 'aedes'
import { ageRecipientOf, newAgeIdentity } from '../../agent/protocol/age.ts'
import type { Id } from '../../agent/protocol/envelope.ts'
import { signGrant } from '../../agent/protocol/grant.ts'
import { topicOf } from '../../agent/protocol/topics.ts'

/** The owner of the cameras, with the broker that their word comes by. */
export interface Owner extends AsyncDisposable {
  readonly mqttUrl: string
  /** Whose word counts. */
  readonly grantKey: KeyObject
  /** Allows clips and pictures of these, and of no others. */
  allow(cameras: readonly Id[]): void
}

const GRANT_MS = 3_600_000

/** One who never says a word. */
export const nobody = (): Owner => ({
  mqttUrl: 'mqtt://127.0.0.1:9',
  grantKey: generateKeyPairSync('ed25519').publicKey,
  allow() {},
  async [Symbol.asyncDispose]() {},
})

export async function startOwner(agent: Id, account: Id, prefix: string): Promise<Owner> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const broker = await Aedes.createBroker()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)))
    broker.handle(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const place = server.address()
  const recipients = [ageRecipientOf(newAgeIdentity())]
  let serial = 0
  return {
    mqttUrl: `mqtt://127.0.0.1:${typeof place === 'object' ? place?.port : 0}`,
    grantKey: publicKey,
    allow(ids) {
      serial += 1
      const cameras = ids.map((camera) => ({ camera, kinds: ['clip' as const, 'snapshot' as const] }))
      const times = { notBefore: 0, expires: Date.now() + GRANT_MS }
      const document = { v: 1 as const, account, agent, serial, ...times, grantedBy: account, cameras, recipients }
      const payload = JSON.stringify({ v: 1, at: Date.now(), seq: 0, grant: signGrant(document, privateKey) })
      const topic = topicOf(prefix, { agent, name: 'grant' })
      broker.publish({ cmd: 'publish', topic, payload, qos: 1, retain: true, dup: false }, () => {})
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await new Promise<void>((resolve) => broker.close(resolve))
    },
  }
}
