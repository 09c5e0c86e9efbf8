import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import { digestAuthorization } from './digest-client.testing.ts'
import type { SimulatedCamera } from './index.ts'
import { ask, datagrams, oneCamera, PASSWORD, PROBE, serviceUrl, until } from './one-camera.testing.ts'
import { call, securityHeader, TDS, textOf } from './soap-client.testing.ts'

const TT = 'http://www.onvif.org/ver10/schema'
const TRT = 'http://www.onvif.org/ver10/media/wsdl'
const TR2 = 'http://www.onvif.org/ver20/media/wsdl'
const TMD = 'http://www.onvif.org/ver10/deviceIO/wsdl'
const INFORMATION = `<GetDeviceInformation xmlns="${TDS}"/>`

const device = (camera: SimulatedCamera, operation: string, inner = '') =>
  ask(camera, `<${operation} xmlns="${TDS}" xmlns:tt="${TT}">${inner}</${operation}>`)

const as = (camera: SimulatedCamera, user: string, password: string, body: string) =>
  call(serviceUrl(camera), securityHeader(password, Date.now(), undefined, user), body)

const userElement = (name: string, level: string, password = '') =>
  `<User><tt:Username>${name}</tt:Username>${password && `<tt:Password>${password}</tt:Password>`}<tt:UserLevel>${level}</tt:UserLevel></User>`

async function resetToFactory(camera: SimulatedCamera): Promise<void> {
  await device(camera, 'SetSystemFactoryDefault', '<FactoryDefault>Hard</FactoryDefault>')
  await until(() => !camera.isOn)
  await until(() => camera.isOn)
}

test('a user who is made gets in as far as the level goes, until deleted', async () => {
  await using one = await oneCamera({ profile: 'plain', address: '127.91.21.1' })
  const { camera } = one
  assert.equal((await as(camera, 'guard', 'word', INFORMATION)).status, 401)
  assert.equal((await device(camera, 'CreateUsers', userElement('guard', 'Operator', 'word'))).status, 200)
  assert.equal((await as(camera, 'guard', 'word', INFORMATION)).status, 200)
  const forbidden = await as(camera, 'guard', 'word', `<SystemReboot xmlns="${TDS}"/>`)
  assert.equal(forbidden.status, 400)
  assert.match(forbidden.text, /ter:NotAuthorized/)
  assert.match((await as(camera, 'guard', 'word', `<GetUsers xmlns="${TDS}"/>`)).text, /ter:NotAuthorized/)
  const path = '/snapshot/1.jpg'
  const challenged = await fetch(serviceUrl(camera, path))
  await challenged.arrayBuffer()
  const challenge = challenged.headers.get('www-authenticate') ?? ''
  const authorization = digestAuthorization(challenge, 'GET', path, 'guard', 'word')
  assert.equal((await fetch(serviceUrl(camera, path), { headers: { authorization } })).status, 200)
  assert.match((await device(camera, 'GetUsers')).text, /Username>guard<.*UserLevel>Operator</)
  assert.match((await device(camera, 'CreateUsers', userElement('guard', 'User', 'x'))).text, /ter:UsernameClash/)

  assert.equal((await device(camera, 'SetUser', userElement('guard', 'User', 'other'))).status, 200)
  assert.equal((await as(camera, 'guard', 'word', INFORMATION)).status, 401)
  assert.equal((await as(camera, 'guard', 'other', INFORMATION)).status, 200)
  assert.equal((await device(camera, 'DeleteUsers', '<Username>guard</Username>')).status, 200)
  assert.equal((await as(camera, 'guard', 'other', INFORMATION)).status, 401)
})

test('the last administrator stays, and a change refused in its middle changes nothing', async () => {
  await using one = await oneCamera({ profile: 'plain', address: '127.91.21.2' })
  const { camera } = one
  assert.match((await device(camera, 'DeleteUsers', '<Username>admin</Username>')).text, /ter:FixedUser/)
  const two = userElement('a', 'User', 'x') + userElement('admin', 'User', 'x')
  assert.match((await device(camera, 'CreateUsers', two)).text, /ter:UsernameClash/)
  assert.doesNotMatch((await device(camera, 'GetUsers')).text, /Username>a</)
  assert.match((await device(camera, 'SetUser', userElement('admin', 'User'))).text, /ter:FixedUser/)
  assert.match((await device(camera, 'DeleteUsers', '<Username>nobody</Username>')).text, /ter:UsernameMissing/)
})

test('a clock that is set by hand is told, and decides which tokens are fresh', async () => {
  await using one = await oneCamera({ profile: 'plain', address: '127.91.21.3' })
  const { camera } = one
  const inner = (hour: number) =>
    '<DateTimeType>Manual</DateTimeType><DaylightSavings>false</DaylightSavings><TimeZone><tt:TZ>CET-1CEST</tt:TZ></TimeZone>' +
    `<UTCDateTime><tt:Time><tt:Hour>${hour}</tt:Hour><tt:Minute>30</tt:Minute><tt:Second>0</tt:Second></tt:Time>` +
    '<tt:Date><tt:Year>2031</tt:Year><tt:Month>5</tt:Month><tt:Day>6</tt:Day></tt:Date></UTCDateTime>'
  assert.match((await device(camera, 'SetSystemDateAndTime', inner(27))).text, /ter:InvalidDateTime/)
  assert.equal((await device(camera, 'SetSystemDateAndTime', inner(7))).status, 200)
  const date = (await call(serviceUrl(camera), '', `<GetSystemDateAndTime xmlns="${TDS}"/>`)).text
  assert.match(date, /DateTimeType>Manual<.*UTCDateTime>.*Hour>7<.*Year>2031<.*LocalDateTime>.*Hour>8</)
  assert.equal((await ask(camera, INFORMATION)).status, 401, 'a token of today is years old to it')
  const there = Date.UTC(2031, 4, 6, 7, 30)
  const header = () => securityHeader(PASSWORD, there)
  assert.equal((await call(serviceUrl(camera), header(), INFORMATION)).status, 200)
  const byNtp = `<SetSystemDateAndTime xmlns="${TDS}"><DateTimeType>NTP</DateTimeType><DaylightSavings>false</DaylightSavings></SetSystemDateAndTime>`
  assert.equal((await call(serviceUrl(camera), header(), byNtp)).status, 200)
  assert.equal((await ask(camera, INFORMATION)).status, 200)
})

test('what is set of the network is told until a factory reset', async () => {
  await using one = await oneCamera({ profile: 'plain', address: '127.91.21.4', faults: ['slow-boot=0.1'] })
  const { camera } = one
  const { hostname } = camera.truth
  assert.match((await device(camera, 'SetHostname', '<Name>no host!</Name>')).text, /ter:InvalidHostname/)
  const ntp = '<NTPManual><tt:Type>DNS</tt:Type><tt:DNSname>ntp.example.org</tt:DNSname></NTPManual>'
  const dns = '<DNSManual><tt:Type>IPv4</tt:Type><tt:IPv4Address>127.0.0.53</tt:IPv4Address></DNSManual>'
  const changes: [operation: string, inner: string, get: string, told: RegExp][] = [
    ['SetHostname', '<Name>gate-7</Name>', 'GetHostname', /tt:Name>gate-7</],
    ['SetNTP', `<FromDHCP>false</FromDHCP>${ntp}`, 'GetNTP', /DNSname>ntp\.example\.org</],
    ['SetDNS', `<FromDHCP>false</FromDHCP><SearchDomain>lan</SearchDomain>${dns}`, 'GetDNS', /lan<.*127\.0\.0\.53</],
    [
      'SetNetworkDefaultGateway',
      '<IPv4Address>127.9.9.9</IPv4Address>',
      'GetNetworkDefaultGateway',
      /IPv4Address>127\.9\.9\.9</,
    ],
    [
      'SetNetworkProtocols',
      '<NetworkProtocols><tt:Name>HTTPS</tt:Name><tt:Enabled>true</tt:Enabled><tt:Port>8443</tt:Port></NetworkProtocols>',
      'GetNetworkProtocols',
      /HTTPS<\/tt:Name><tt:Enabled>true<\/tt:Enabled><tt:Port>8443</,
    ],
  ]
  for (const [operation, inner, get, told] of changes) {
    assert.equal((await device(camera, operation, inner)).status, 200, operation)
    assert.match((await device(camera, get)).text, told)
  }
  assert.equal(camera.truth.hostname, 'gate-7')
  await resetToFactory(camera)
  for (const [, , get, told] of changes) assert.doesNotMatch((await device(camera, get)).text, told)
  assert.equal(camera.truth.hostname, hostname)
})

test('another address is moved to, and a factory reset comes back to the first', async () => {
  await using one = await oneCamera({ profile: 'plain', address: '127.91.21.5', faults: ['slow-boot=0.1'] })
  const { camera } = one
  const token = /NetworkInterfaces token="([^"]+)"/.exec((await device(camera, 'GetNetworkInterfaces')).text)?.[1]
  const give = (address: string) =>
    device(
      camera,
      'SetNetworkInterfaces',
      `<InterfaceToken>${token}</InterfaceToken><NetworkInterface><tt:IPv4><tt:Manual><tt:Address>${address}</tt:Address>` +
        '<tt:PrefixLength>16</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP></tt:IPv4></NetworkInterface>',
    )
  assert.match((await give('192.0.2.7')).text, /ter:InvalidIPv4Address/)
  assert.equal(textOf((await give('127.91.21.6')).text, 'RebootNeeded'), 'false')
  await until(() => camera.address === '127.91.21.6' && camera.isOn)
  assert.match((await device(camera, 'GetNetworkInterfaces')).text, /Address>127\.91\.21\.6<.*PrefixLength>16</)
  assert.equal(textOf((await datagrams(camera, PROBE))[0] ?? '', 'XAddrs'), serviceUrl(camera))
  await resetToFactory(camera)
  assert.equal(camera.address, '127.91.21.5')
})

test('an address that another has leaves the camera where it was', async () => {
  await using one = await oneCamera({ profile: 'plain', address: '127.91.21.7' })
  const { camera } = one
  const taken = createServer().listen(camera.httpPort, '127.91.21.8')
  await once(taken, 'listening')
  const client = connect(camera.httpPort, camera.address)
  await once(client, 'connect')
  const cut = once(client, 'close')
  client.resume()
  try {
    const inner =
      '<InterfaceToken>eth0</InterfaceToken><NetworkInterface><tt:IPv4><tt:Manual><tt:Address>127.91.21.8</tt:Address>' +
      '<tt:PrefixLength>8</tt:PrefixLength></tt:Manual></tt:IPv4></NetworkInterface>'
    assert.equal((await device(camera, 'SetNetworkInterfaces', inner)).status, 200)
    await cut
    await until(() => camera.isOn)
    assert.equal(camera.address, '127.91.21.7')
  } finally {
    taken.close()
  }
})

test('an encoder is set within its options, in both media services, and keeps it until a factory reset', async () => {
  await using one = await oneCamera({ profile: 'plain', address: '127.91.21.10', faults: ['slow-boot=0.1'] })
  const { camera } = one
  const media = (body: string) => ask(camera, body, '/onvif/media_service')
  const get = () =>
    media(
      `<GetVideoEncoderConfiguration xmlns="${TRT}"><ConfigurationToken>VideoEncoder_1</ConfigurationToken></GetVideoEncoderConfiguration>`,
    )
  const before = (await get()).text
  const set = (frameRate: number) => {
    const configuration = (/<trt:Configuration .*<\/trt:Configuration>/.exec(before)?.[0] ?? '')
      .replace(/FrameRateLimit>\d+/, `FrameRateLimit>${frameRate}`)
      .replace(/BitrateLimit>\d+/, 'BitrateLimit>64')
    return media(
      `<trt:SetVideoEncoderConfiguration xmlns:trt="${TRT}" xmlns:tt="${TT}">${configuration}<trt:ForcePersistence>true</trt:ForcePersistence></trt:SetVideoEncoderConfiguration>`,
    )
  }
  assert.match((await set(60)).text, /ter:InvalidArgVal.*ter:ConfigModify/)
  assert.equal((await get()).text, before)
  assert.equal((await set(5)).status, 200)
  assert.match((await get()).text, /FrameRateLimit>5<.*BitrateLimit>64</)
  const asked2 = async () =>
    (
      await ask(
        camera,
        `<GetVideoEncoderConfigurations xmlns="${TR2}"><ConfigurationToken>VideoEncoder_1</ConfigurationToken></GetVideoEncoderConfigurations>`,
        '/onvif/media2_service',
      )
    ).text
  assert.match(await asked2(), /FrameRateLimit>5<.*BitrateLimit>64</)
  const configuration2 = (/<tr2:Configurations .*<\/tr2:Configurations>/.exec(await asked2())?.[0] ?? '')
    .replaceAll('tr2:Configurations', 'tr2:Configuration')
    .replace(/FrameRateLimit>\d+/, 'FrameRateLimit>10')
  const set2 = `<tr2:SetVideoEncoderConfiguration xmlns:tr2="${TR2}" xmlns:tt="${TT}">${configuration2}</tr2:SetVideoEncoderConfiguration>`
  assert.match((await ask(camera, set2, '/onvif/media2_service')).text, /<tr2:SetVideoEncoderConfigurationResponse\/>/)
  assert.match((await get()).text, /FrameRateLimit>10<.*BitrateLimit>64</)
  await resetToFactory(camera)
  assert.equal((await get()).text, before)
})

test('digital inputs and relays are told by the device I/O service, where there is one', async () => {
  await using one = await oneCamera({ profile: 'plain', address: '127.91.21.11' })
  const io = (body: string) => ask(one.camera, body, '/onvif/deviceio_service')
  assert.equal((await io(`<GetDigitalInputs xmlns="${TMD}"/>`)).text.split('<tmd:DigitalInputs ').length, 3)
  const change = `<tmd:SetDigitalInputConfigurations xmlns:tmd="${TMD}"><tmd:DigitalInputs token="DigitalInput_2" IdleState="closed"/></tmd:SetDigitalInputConfigurations>`
  assert.equal((await io(change)).status, 200)
  assert.match((await io(`<GetDigitalInputs xmlns="${TMD}"/>`)).text, /"DigitalInput_2" IdleState="closed"/)
  assert.equal((await io(`<GetRelayOutputs xmlns="${TDS}"/>`)).text.split('<tds:RelayOutputs ').length, 3)
  await using none = await oneCamera({ profile: 'tapo', address: '127.91.21.12' })
  const refused = await ask(none.camera, `<GetDigitalInputs xmlns="${TMD}"/>`, '/onvif/service')
  assert.equal(refused.status, 500)
  assert.match(refused.text, /env:Receiver.*ter:ActionNotSupported/)
})

test('an operation that a brand never learnt is answered as ONVIF prescribes', async () => {
  await using one = await oneCamera({ profile: 'xm', address: '127.91.21.13' })
  const { status, text } = await ask(one.camera, `<GetOSDs xmlns="${TRT}"/>`, '/onvif/media_service')
  assert.equal(status, 500)
  assert.match(text, /env:Receiver.*ter:ActionNotSupported/)
})
