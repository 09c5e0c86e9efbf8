import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { digestAuthorization } from './digest-client.testing.ts'
import type { SimulatedCamera } from './index.ts'
import { ask, datagrams, oneCamera, PASSWORD, PROBE, resolveFor, serviceUrl, until } from './one-camera.testing.ts'
import { ownNet } from './own-net.testing.ts'
import { securityHeader, TDS, textOf } from './soap-client.testing.ts'

const net = await ownNet()

const TIMG = 'http://www.onvif.org/ver20/imaging/wsdl'
const TPTZ = 'http://www.onvif.org/ver20/ptz/wsdl'
const TR2 = 'http://www.onvif.org/ver20/media/wsdl'
const TSE = 'http://www.onvif.org/ver10/search/wsdl'
const TT = 'http://www.onvif.org/ver10/schema'
const WSNT = 'http://docs.oasis-open.org/wsn/b-2'

test('a Resolve for its endpoint reference is answered with its address, another is not', async () => {
  await using one = await oneCamera({ profile: 'plain', address: net(1) })
  const [answer = ''] = await datagrams(one.camera, resolveFor(one.camera.truth.endpoint))
  assert.match(answer, /discovery\/ResolveMatches<.*<d:ResolveMatch>/)
  assert.equal(textOf(answer, 'XAddrs'), serviceUrl(one.camera))
  assert.deepEqual(await datagrams(one.camera, resolveFor('urn:uuid:other'), 1, 150), [])
})

test('a reboot is a real outage, after which subscriptions are gone', async () => {
  await using one = await oneCamera({ profile: 'plain', address: net(2), faults: ['slow-boot=0.3'] })
  const port = one.camera.httpPort
  assert.equal(textOf((await ask(one.camera, `<SystemReboot xmlns="${TDS}"/>`)).text, 'Message'), 'Rebooting')
  await until(() => !one.camera.isOn)
  await assert.rejects(fetch(serviceUrl(one.camera)), (error: Error) => /ECONNREFUSED/.test(String(error.cause)))
  assert.deepEqual(await datagrams(one.camera, PROBE, 1, 100), [])
  await until(() => one.camera.isOn)
  assert.equal(one.camera.httpPort, port)
  assert.equal((await ask(one.camera, `<GetUsers xmlns="${TDS}"/>`)).status, 200)
})

test('scopes can be set, seen in discovery, and a factory reset forgets them', async () => {
  await using one = await oneCamera({ profile: 'amcrest', address: net(3) })
  const name = 'onvif://www.onvif.org/name/Gate'
  await ask(one.camera, `<SetScopes xmlns="${TDS}"><Scopes>${name}</Scopes></SetScopes>`)
  assert.match((await ask(one.camera, `<GetScopes xmlns="${TDS}"/>`)).text, /name\/Gate/)
  assert.match((await datagrams(one.camera, PROBE))[0] ?? '', /name\/Gate/)
  const fixed = 'onvif://www.onvif.org/type/video_encoder'
  const refused = await ask(one.camera, `<RemoveScopes xmlns="${TDS}"><ScopeItem>${fixed}</ScopeItem></RemoveScopes>`)
  assert.match(refused.text, /ter:OperationProhibited.*ter:FixedScope/)
  await ask(
    one.camera,
    `<SetSystemFactoryDefault xmlns="${TDS}"><FactoryDefault>Soft</FactoryDefault></SetSystemFactoryDefault>`,
  )
  await until(() => !one.camera.isOn)
  await one.camera.switchOn()
  assert.doesNotMatch((await ask(one.camera, `<GetScopes xmlns="${TDS}"/>`)).text, /name\/Gate/)
})

/** GetSystemLog as bytes, since an attachment is no text. */
async function systemLog(camera: SimulatedCamera): Promise<{ type: string; body: Buffer }> {
  const header = securityHeader(PASSWORD, Date.now())
  const body = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>${header}</s:Header><s:Body><GetSystemLog xmlns="${TDS}"><LogType>System</LogType></GetSystemLog></s:Body></s:Envelope>`
  const response = await fetch(serviceUrl(camera), { method: 'POST', body })
  return { type: response.headers.get('content-type') ?? '', body: Buffer.from(await response.arrayBuffer()) }
}

function attachmentOf({ type, body }: { type: string; body: Buffer }): Buffer {
  const boundary = /boundary="([^"]+)"/.exec(type)?.[1] ?? ''
  const part = body.indexOf('Content-ID: <log@camera>')
  const start = body.indexOf('\r\n\r\n', part) + 4
  return body.subarray(start, body.indexOf(`\r\n--${boundary}--`, start))
}

test('a log comes inline, as MTOM, as a gzipped XOP attachment, or from an address', async () => {
  await using inline = await oneCamera({ profile: 'plain', address: net(4) })
  assert.match(textOf((await systemLog(inline.camera)).body.toString(), 'String'), /booting/)

  await using mtom = await oneCamera({ profile: 'pelco', address: net(5) })
  const answer = await systemLog(mtom.camera)
  assert.match(answer.type, /^multipart\/related; type="application\/xop\+xml"/)
  assert.match(answer.body.toString('utf8', 0, 4000), /<xop:Include href="cid:log@camera"\/>/)
  assert.ok(attachmentOf(answer).length > 735_000)

  await using xop = await oneCamera({ profile: 'sunba', address: net(6) })
  assert.match(gunzipSync(attachmentOf(await systemLog(xop.camera))).toString(), /isp: frame sync ok/)

  await using uri = await oneCamera({ profile: 'nvr16', address: net(7) })
  assert.match((await systemLog(uri.camera)).body.toString(), /ter:ActionNotSupported/)
  const where = textOf((await ask(uri.camera, `<GetSystemUris xmlns="${TDS}"/>`)).text, 'Uri')
  const first = await fetch(where)
  assert.equal(first.status, 401)
  await first.text()
  const { pathname, search } = new URL(where)
  const challenge = first.headers.get('www-authenticate') ?? ''
  const authorization = digestAuthorization(challenge, 'GET', pathname + search, 'admin', PASSWORD)
  assert.match(await (await fetch(where, { headers: { authorization } })).text(), /booting/)
})

test('relay outputs are told, switched, and unknown where there are none', async () => {
  await using one = await oneCamera({ profile: 'plain', address: net(8) })
  assert.equal((await ask(one.camera, `<GetRelayOutputs xmlns="${TDS}"/>`)).text.split('<tds:RelayOutputs ').length, 3)
  const set = (token: string) =>
    `<SetRelayOutputState xmlns="${TDS}"><RelayOutputToken>${token}</RelayOutputToken><LogicalState>active</LogicalState></SetRelayOutputState>`
  assert.equal((await ask(one.camera, set('RelayOutput_2'))).status, 200)
  assert.match((await ask(one.camera, set('none'))).text, /ter:InvalidArgVal.*ter:RelayToken/)
  await using none = await oneCamera({ profile: 'tapo', address: net(9) })
  assert.match((await ask(none.camera, `<GetRelayOutputs xmlns="${TDS}"/>`)).text, /ter:ActionNotSupported/)
})

test('the version 2 media service tells the same streams as version 1', async () => {
  await using one = await oneCamera({ profile: 'plain', address: net(10) })
  const path = '/onvif/media2_service'
  const all = await ask(one.camera, `<GetProfiles xmlns="${TR2}"><Type>All</Type></GetProfiles>`, path)
  assert.match(all.text, /token="Profile_1".*<tr2:VideoEncoder token="VideoEncoder_1".*<tr2:PTZ token="ptz0"/)
  assert.doesNotMatch((await ask(one.camera, `<GetProfiles xmlns="${TR2}"/>`, path)).text, /Configurations>/)
  const uri = `<GetStreamUri xmlns="${TR2}"><Protocol>RtspUnicast</Protocol><ProfileToken>Profile_1</ProfileToken></GetStreamUri>`
  assert.match(textOf((await ask(one.camera, uri, path)).text, 'Uri'), /^rtsp:\/\/127\.\d+\.\d+\.10:\d+\/stream\/1$/)
  await using without = await oneCamera({ profile: 'tapo', address: net(11) })
  assert.match((await ask(without.camera, uri, '/onvif/service')).text, /ter:ActionNotSupported/)
})

test('imaging settings are kept, and one out of range changes nothing', async () => {
  await using one = await oneCamera({ profile: 'plain', address: net(12) })
  const token = '<VideoSourceToken>VideoSource_1</VideoSourceToken>'
  const set = (brightness: number, filter: string) =>
    ask(
      one.camera,
      `<SetImagingSettings xmlns="${TIMG}">${token}<ImagingSettings><Brightness xmlns="${TT}">${brightness}</Brightness><IrCutFilter xmlns="${TT}">${filter}</IrCutFilter></ImagingSettings></SetImagingSettings>`,
      '/onvif/imaging_service',
    )
  assert.equal((await set(70, 'ON')).status, 200)
  assert.match((await set(20, 'SIDEWAYS')).text, /ter:SettingsInvalid/)
  const settings = await ask(
    one.camera,
    `<GetImagingSettings xmlns="${TIMG}">${token}</GetImagingSettings>`,
    '/onvif/imaging_service',
  )
  assert.deepEqual([textOf(settings.text, 'Brightness'), textOf(settings.text, 'IrCutFilter')], ['70', 'ON'])
})

test('a head moves, stops, and finds its presets again', async () => {
  await using one = await oneCamera({ profile: 'plain', address: net(13) })
  const ptz = (operation: string, inner = '') =>
    ask(
      one.camera,
      `<${operation} xmlns="${TPTZ}"><ProfileToken>Profile_1</ProfileToken>${inner}</${operation}>`,
      '/onvif/ptz_service',
    )
  const pan = async () => Number(/PanTilt x="([^"]+)"/.exec((await ptz('GetStatus')).text)?.[1])
  await ptz('ContinuousMove', `<Velocity><PanTilt xmlns="${TT}" x="1" y="0"/></Velocity>`)
  assert.match((await ptz('GetStatus')).text, /PanTilt>MOVING</)
  await ptz('Stop')
  assert.match((await ptz('GetStatus')).text, /PanTilt>IDLE</)
  const there = await pan()
  assert.ok(there > 0)
  const token = textOf((await ptz('SetPreset', '<PresetName>Gate</PresetName>')).text, 'PresetToken')
  await ptz('AbsoluteMove', `<Position><PanTilt xmlns="${TT}" x="-0.1" y="0"/></Position>`)
  await ptz('GotoPreset', `<PresetToken>${token}</PresetToken>`)
  await ptz('Stop')
  assert.match((await ptz('GetPresets')).text, /<tt:Name>Gate</)
  assert.match((await ptz('GotoPreset', '<PresetToken>none</PresetToken>')).text, /ter:NoToken/)
  assert.match(
    (await ptz('AbsoluteMove', `<Position><PanTilt xmlns="${TT}" x="7" y="0"/></Position>`)).text,
    /ter:InvalidPosition/,
  )
})

test('a recorder finds its recordings and what happened in them', async () => {
  await using one = await oneCamera({ profile: 'nvr16', address: net(14) })
  one.camera.raise('motion', 12)
  const path = '/onvif/search_service'
  const scope = '<Scope/><KeepAliveTime>PT30S</KeepAliveTime>'
  const begun = await ask(one.camera, `<FindRecordings xmlns="${TSE}">${scope}</FindRecordings>`, path)
  const fetchResults = (kind: string, token: string) =>
    ask(
      one.camera,
      `<Get${kind}SearchResults xmlns="${TSE}"><SearchToken>${token}</SearchToken></Get${kind}SearchResults>`,
      path,
    )
  const recordings = await fetchResults('Recording', textOf(begun.text, 'SearchToken'))
  assert.equal(recordings.text.split('<tt:RecordingInformation>').length, 17)
  const events = await ask(
    one.camera,
    `<FindEvents xmlns="${TSE}"><StartPoint>2020-01-01T00:00:00Z</StartPoint><Scope/><SearchFilter/><IncludeStartState>false</IncludeStartState><KeepAliveTime>PT30S</KeepAliveTime></FindEvents>`,
    path,
  )
  const found = await fetchResults('Event', textOf(events.text, 'SearchToken'))
  assert.match(found.text, /RecordingToken_12<.*tns1:VideoSource\/MotionAlarm/)
  assert.match((await fetchResults('Event', 'none')).text, /ter:InvalidToken/)
})

test('notifications are posted to the subscriber’s own address alone, until it unsubscribes', async () => {
  await using one = await oneCamera({ profile: 'plain', address: net(15) })
  const heard: string[] = []
  const consumer = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    heard.push(text)
    response.end()
  })
  consumer.listen(0, '127.0.0.1')
  await once(consumer, 'listening')
  const bound = consumer.address()
  const port = typeof bound === 'object' ? bound?.port : 0
  const subscribe = (host: string) =>
    ask(
      one.camera,
      `<Subscribe xmlns="${WSNT}"><ConsumerReference><Address xmlns="http://www.w3.org/2005/08/addressing">http://${host}:${port}/sink</Address></ConsumerReference></Subscribe>`,
      '/onvif/event_service',
    )
  try {
    assert.match((await subscribe('127.0.0.9')).text, /SubscribeCreationFailedFault/)
    const manager = new URL(textOf((await subscribe('127.0.0.1')).text, 'Address'))
    await until(() => heard.some((text) => text.includes('Initialized')))
    one.camera.raise('motion')
    await until(() => heard.some((text) => text.includes('Value="true"')))
    assert.match(heard.join(), /<wsnt:Notify><wsnt:NotificationMessage>/)
    const path = manager.pathname + manager.search
    assert.equal((await ask(one.camera, `<Unsubscribe xmlns="${WSNT}"/>`, path)).status, 200)
    assert.match((await ask(one.camera, `<Unsubscribe xmlns="${WSNT}"/>`, path)).text, /ResourceUnknown/)
  } finally {
    consumer.closeAllConnections()
    consumer.close()
  }
})

test('a camera moves to another address, and another device takes its place', async () => {
  await using one = await oneCamera({ profile: 'reolink', address: net(16) })
  const { endpoint, serial } = one.camera.truth
  await one.camera.moveTo(net(17))
  assert.equal(textOf((await datagrams(one.camera, PROBE))[0] ?? '', 'XAddrs'), serviceUrl(one.camera))
  assert.equal(one.camera.address, net(17))
  assert.equal(one.camera.truth.serial, serial)
  await one.camera.swap()
  assert.notEqual(one.camera.truth.endpoint, endpoint)
  assert.equal(
    textOf((await ask(one.camera, `<GetDeviceInformation xmlns="${TDS}"/>`)).text, 'SerialNumber'),
    one.camera.truth.serial,
  )
})
