import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROFILE_NAMES } from '../profiles/catalogue.ts'
import { digestAuthorization } from './digest-client.testing.ts'
import type { SimulatedCamera } from './index.ts'
import { datagrams, oneCamera, PASSWORD, resolveFor } from './one-camera.testing.ts'
import { ownNet } from './own-net.testing.ts'
import { call, securityHeader, TDS, TEV } from './soap-client.testing.ts'

const net = await ownNet()
const TRT = 'http://www.onvif.org/ver10/media/wsdl'

/** All that a client reads of who and where a camera is, with a login as its brand takes it. */
async function readAll(camera: SimulatedCamera): Promise<string> {
  const { paths, tokens, channels } = camera.makeup.profile
  const token = tokens.profile.replaceAll('{channel}', String(channels))
  const stream = '<StreamSetup><Stream xmlns="http://www.onvif.org/ver10/schema">RTP-Unicast</Stream></StreamSetup>'
  const asked: [path: string, body: string][] = [
    [paths.device, `<GetDeviceInformation xmlns="${TDS}"/>`],
    [paths.device, `<GetNetworkInterfaces xmlns="${TDS}"/>`],
    [paths.device, `<GetServices xmlns="${TDS}"><IncludeCapability>false</IncludeCapability></GetServices>`],
    [paths.device, `<GetCapabilities xmlns="${TDS}"/>`],
    [paths.media, `<GetStreamUri xmlns="${TRT}">${stream}<ProfileToken>${token}</ProfileToken></GetStreamUri>`],
    [paths.media, `<GetSnapshotUri xmlns="${TRT}"><ProfileToken>${token}</ProfileToken></GetSnapshotUri>`],
    [paths.events, `<CreatePullPointSubscription xmlns="${TEV}"/>`],
  ]
  const answers = await Promise.all(asked.map(([path, body]) => ask(camera, path, body)))
  return [...answers, ...(await datagrams(camera, resolveFor(camera.truth.endpoint)))].join('\n')
}

async function ask(camera: SimulatedCamera, path: string, body: string): Promise<string> {
  const url = `http://${camera.address}:${camera.httpPort}${path}`
  const answer = await call(url, securityHeader(PASSWORD, Date.now()), body)
  if (answer.status === 200) return answer.text
  const envelope = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>${body}</s:Body></s:Envelope>`
  const refused = await fetch(url, { method: 'POST', body: envelope })
  await refused.arrayBuffer()
  const challenge = refused.headers.get('www-authenticate') ?? ''
  const authorization = digestAuthorization(challenge, 'POST', path, 'admin', PASSWORD)
  const response = await fetch(url, { method: 'POST', body: envelope, headers: { authorization } })
  assert.equal(response.status, 200, `${body}: ${answer.text}`)
  return await response.text()
}

/** Every address of the loopback that is named. */
const addressesIn = (text: string) => new Set(text.match(/127\.\d+\.\d+\.\d+/g))

for (const [i, profile] of PROFILE_NAMES.entries()) {
  test(`${profile}: a camera that moves stays who it is, and names only its new address; one that is swapped is another`, async () => {
    const [from, to] = [net(i + 1), net(i + 101)]
    await using one = await oneCamera({ profile, address: from })
    const { camera } = one
    const before = camera.truth
    assert.deepEqual(addressesIn(await readAll(camera)), new Set([from]))
    await camera.moveTo(to)
    const moved = await readAll(camera)
    assert.deepEqual(addressesIn(moved), new Set([to]))
    assert.deepEqual(camera.truth, before)
    for (const fact of [before.serial, before.macs[0] ?? '', before.endpoint]) assert.ok(moved.includes(fact), fact)
    await assert.rejects(fetch(`http://${from}:${camera.httpPort}/`))
    await camera.swap()
    const after = camera.truth
    assert.deepEqual([after.model, camera.address], [before.model, to])
    for (const fact of ['serial', 'endpoint'] as const) assert.notEqual(after[fact], before[fact])
    assert.notDeepEqual(after.macs, before.macs)
    // The first try may meet a connection of before, which is dead and doesn't know it yet.
    const swapped = await readAll(camera).catch(() => readAll(camera))
    assert.ok(swapped.includes(after.serial) && !swapped.includes(before.serial))
  })
}
