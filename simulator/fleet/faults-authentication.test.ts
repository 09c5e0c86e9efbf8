import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { AUTHENTICATION_FAULTS } from '../faults/catalogue/authentication.ts'
import { digestAuthorization } from './digest-client.testing.ts'
import { DATE, type Effect, INFORMATION, testFaults } from './fault-effects.testing.ts'
import type { SimulatedCamera } from './index.ts'
import { ask, oneCamera, PASSWORD, serviceUrl } from './one-camera.testing.ts'
import { ownNet } from './own-net.testing.ts'
import { call, securityHeader } from './soap-client.testing.ts'

const net = await ownNet()

const ENVELOPE = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>${INFORMATION}</s:Body></s:Envelope>`

async function post(camera: SimulatedCamera, authorization?: string) {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
  const response = await fetch(serviceUrl(camera), { method: 'POST', body: ENVELOPE, headers })
  const text = await response.text()
  return { status: response.status, text, challenge: response.headers.get('www-authenticate') ?? '' }
}

const withDigest = (camera: SimulatedCamera, challenge: string) =>
  post(camera, digestAuthorization(challenge, 'POST', '/onvif/device_service', 'admin', PASSWORD))

const refusing: Effect = [undefined, async (camera) => assert.equal((await ask(camera, INFORMATION)).status, 401)]

testFaults(net(3), {
  'auth-lockout': refusing,
  'lockout-after': [
    50,
    async (camera) => {
      camera.setFault('lockout-after', 2)
      for (let i = 0; i < 2; i++) await call(serviceUrl(camera), securityHeader('wrong', Date.now()), INFORMATION)
      assert.equal((await ask(camera, INFORMATION)).status, 401)
    },
  ],
  'always-401': [
    undefined,
    async (camera) => {
      assert.equal((await ask(camera, INFORMATION)).status, 401)
      assert.equal((await call(serviceUrl(camera), '', DATE)).status, 401)
    },
  ],
  'always-403': [undefined, async (camera) => assert.equal((await ask(camera, INFORMATION)).status, 403)],
  'basic-only': [
    undefined,
    async (camera) => {
      assert.match((await post(camera)).challenge, /^Basic /)
      assert.equal((await ask(camera, INFORMATION)).status, 401)
      assert.equal((await post(camera, `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`)).status, 200)
    },
  ],
  'digest-no-qop': [
    undefined,
    async (camera) => {
      const { challenge } = await post(camera)
      assert.doesNotMatch(challenge, /qop/)
      const field = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? ''
      const md5 = (text: string) => createHash('md5').update(text).digest('hex')
      const secret = md5(`admin:${field('realm')}:${PASSWORD}`)
      const response = md5(`${secret}:${field('nonce')}:${md5('POST:/onvif/device_service')}`)
      const credential = `Digest username="admin", realm="${field('realm')}", nonce="${field('nonce')}", uri="/onvif/device_service", response="${response}"`
      assert.equal((await post(camera, credential)).status, 200)
    },
  ],
  'digest-changing-realm': [
    undefined,
    async (camera) => {
      const first = (await post(camera)).challenge
      assert.notEqual(/realm="[^"]*"/.exec((await post(camera)).challenge)?.[0], /realm="[^"]*"/.exec(first)?.[0])
      assert.equal((await withDigest(camera, first)).status, 200)
    },
  ],
  'digest-always-stale': [
    undefined,
    async (camera) => {
      const again = await withDigest(camera, (await post(camera)).challenge)
      assert.equal(again.status, 401)
      assert.match(again.challenge, /stale="TRUE"/)
    },
  ],
  'digest-sha256-only': [
    undefined,
    async (camera) => {
      const { challenge } = await post(camera)
      assert.equal(challenge.split('Digest ').length, 2)
      assert.match(challenge, /algorithm=SHA-256/)
    },
  ],
  'digest-unknown-algorithm': [
    undefined,
    async (camera) => assert.match((await post(camera)).challenge, /algorithm=TIGER-192/),
  ],
  'challenge-missing': [
    undefined,
    async (camera) => {
      const { status, challenge } = await post(camera)
      assert.deepEqual([status, challenge], [401, ''])
    },
  ],
  'refusal-400': [
    undefined,
    async (camera) => {
      const { status, text } = await post(camera)
      assert.equal(status, 400)
      assert.match(text, /ter:NotAuthorized/)
    },
  ],
  'refusal-html': [
    undefined,
    async (camera) => {
      const { status, text } = await post(camera)
      assert.equal(status, 401)
      assert.match(text, /^<!DOCTYPE html>/)
    },
  ],
  'date-needs-login': [
    undefined,
    async (camera) => assert.equal((await call(serviceUrl(camera), '', DATE)).status, 401),
  ],
  'token-refused': [
    undefined,
    async (camera) => {
      const refused = await ask(camera, INFORMATION)
      assert.equal(refused.status, 401)
      assert.equal((await withDigest(camera, (await post(camera)).challenge)).status, 200)
    },
  ],
  'open-to-all': [
    undefined,
    async (camera) => assert.equal((await call(serviceUrl(camera), '', INFORMATION)).status, 200),
  ],
} satisfies Record<keyof typeof AUTHENTICATION_FAULTS, Effect>)

test('a fault of the login leaves a brand’s own lockout as it was', async () => {
  await using one = await oneCamera({ profile: 'hikvision', address: net(4), faults: ['lockout-after=1'] })
  const url = serviceUrl(one.camera)
  await call(url, securityHeader('wrong', Date.now()), INFORMATION)
  assert.equal((await ask(one.camera, INFORMATION)).status, 401)
  one.camera.clearFault('lockout-after')
  assert.equal((await ask(one.camera, INFORMATION)).status, 200)
})
