import assert from 'node:assert/strict'
import { generateKeyPairSync, verify } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import Fastify, { type FastifyReply } from 'fastify'
import { systemClock } from '../base/clock.ts'
import { type ClaimOffer, ClaimPoll, ClaimRequest, claimProofBytes } from '../protocol/claim.ts'
import { exportPublicKey, importPublicKey } from '../protocol/grant.ts'
import { claim } from './claim.ts'
import { loadIdentity } from './identity.ts'

const owner = exportPublicKey(generateKeyPairSync('ed25519').publicKey)
const RESULT = {
  state: 'claimed',
  agent: 'agentaaaaaaaaaaa',
  account: 'accountaaaaaaaaa',
  grantKey: owner,
  token: 't'.repeat(43),
  mqttUrl: 'mqtt://127.0.0.1:1883',
  prefix: 'lenscap/v1',
}

/** A bridge's claim end; `answer` decides what each poll gets. */
async function bridge(t: TestContext, answer: (poll: number, reply: FastifyReply) => unknown) {
  const app = Fastify()
  const seen = { offers: 0, polls: 0, key: '' }
  app.post('/device/v1/claims', (request, reply) => {
    seen.key = ClaimRequest.parse(request.body).publicKey
    seen.offers += 1
    const claimId = `claimaaaaaaaaaa${'abcdefg'[seen.offers]}`
    const offer = { userCode: 'ABCD-EFGH-JKLM2', page: 'http://127.0.0.1/claim', pollIntervalMs: 100 }
    return reply.code(201).send({ ...offer, claim: claimId, expiresAt: Date.now() + 60_000 } satisfies ClaimOffer)
  })
  app.post<{ Params: { id: string } }>('/device/v1/claims/:id', (request, reply) => {
    const { proof } = ClaimPoll.parse(request.body)
    const bytes = claimProofBytes(request.params.id)
    if (!verify(null, bytes, importPublicKey(seen.key), Buffer.from(proof, 'base64url'))) return reply.code(403).send()
    seen.polls += 1
    return answer(seen.polls, reply)
  })
  t.after(() => app.close())
  return { seen, bridgeUrl: await app.listen({ host: '127.0.0.1', port: 0 }) }
}

async function options(bridgeUrl: string) {
  const stateDir = mkdtempSync(join(tmpdir(), 'lenscap-claim-'))
  const offers: ClaimOffer[] = []
  const troubles: unknown[] = []
  return {
    offers,
    troubles,
    bridgeUrl,
    stateDir,
    name: 'box',
    version: '1.0.0',
    identity: await loadIdentity(stateDir),
    onOffer: (offer: ClaimOffer) => offers.push(offer),
    onTrouble: (error: unknown) => troubles.push(error),
    clock: systemClock,
    random: () => 1,
    signal: new AbortController().signal,
    retry: { firstDelayMs: 10, delayMsMax: 20, steadyAfterMs: 1000 },
  }
}

describe('the claim', () => {
  it('shows the code, proves its key while it waits, and stores what the bridge gives', async (t) => {
    const { bridgeUrl } = await bridge(t, (poll, reply) =>
      poll < 3 ? reply.code(202).send({ state: 'pending' }) : reply.send(RESULT),
    )
    const given = await options(bridgeUrl)
    const identity = await claim(given)
    assert.equal(given.offers[0]?.userCode, 'ABCD-EFGH-JKLM2')
    assert.equal(identity.claimed.agent, RESULT.agent)
    const stored = await loadIdentity(given.stateDir)
    assert.equal(stored.claimed?.token.reveal(), RESULT.token)
    assert.equal(stored.claimed?.bridgeUrl, bridgeUrl)
  })

  it('asks for a new code when the former has expired', async (t) => {
    const { bridgeUrl, seen } = await bridge(t, (poll, reply) =>
      poll === 1 ? reply.code(404).send({}) : reply.send(RESULT),
    )
    const given = await options(bridgeUrl)
    await claim(given)
    assert.equal(given.offers.length, 2)
    assert.equal(seen.offers, 2)
  })

  it('keeps its code through an outage of the bridge', async (t) => {
    const { bridgeUrl } = await bridge(t, (poll, reply) => (poll < 3 ? reply.code(503).send({}) : reply.send(RESULT)))
    const given = await options(bridgeUrl)
    await claim(given)
    assert.equal(given.offers.length, 1)
  })

  it('names what does not answer like a bridge, quotes nothing of it, and goes on', async (t) => {
    const { bridgeUrl } = await bridge(t, (poll, reply) =>
      poll === 1 ? reply.send({ ...RESULT, agent: '../..' }) : reply.send(RESULT),
    )
    const given = await options(bridgeUrl)
    await claim(given)
    assert.match(String(given.troubles[0]), /does not answer like a bridge/)
    assert.equal(String(given.troubles[0]).includes(RESULT.token), false)
  })

  it('does not swallow an endless answer', async (t) => {
    let polls = 0
    const { bridgeUrl } = await bridge(t, (poll, reply) => {
      polls = poll
      return poll === 1 ? reply.send({ state: 'pending', filler: 'x'.repeat(1_000_000) }) : reply.send(RESULT)
    })
    const given = await options(bridgeUrl)
    await claim(given)
    assert.equal(polls, 2)
    assert.match(String(given.troubles[0]), /more than 65536 bytes/)
  })

  it('stops when it is told to', async (t) => {
    const { bridgeUrl } = await bridge(t, (_, reply) => reply.code(202).send({ state: 'pending' }))
    const stop = new AbortController()
    const given = { ...(await options(bridgeUrl)), signal: stop.signal, onOffer: () => stop.abort() }
    await assert.rejects(claim(given), { kind: 'cancelled' })
  })
})
