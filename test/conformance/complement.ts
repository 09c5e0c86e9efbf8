import type { SimulatedCamera } from '../../simulator/fleet/index.ts'
import { type Asker, textIn, tokenIn } from './asking.ts'
import { askEvents } from './complement-events.ts'
import { askMedia } from './complement-media.ts'
import { askRecordings } from './complement-recordings.ts'

/** Asks what the crawler does not: all that changes something or needs more than a token, and what must be refused. */
export async function askTheRest(asker: Asker, camera: SimulatedCamera, consumer: string): Promise<void> {
  await asker.learnServices()
  await askDevice(asker)
  await askNetwork(asker, camera)
  await askUsers(asker)
  await askMedia(asker)
  if (asker.has('tmd')) await askDeviceIo(asker)
  if (asker.has('tptz')) await askPtz(asker)
  if (asker.has('trc')) await askRecordings(asker)
  await askEvents(asker, camera, consumer)
  await askWrongly(asker, camera)
}

const element = (name: string, inner = '') => `<${name}>${inner}</${name}>`

async function askDevice(asker: Asker): Promise<void> {
  const device = (operation: string, inner = '') => asker.ask('tds', element(`tds:${operation}`, inner))
  for (const type of ['System', 'Access']) await device('GetSystemLog', element('tds:LogType', type))
  for (const category of ['All', 'Device', 'Media', 'Events', 'Imaging', 'PTZ', 'Analytics'])
    await device('GetCapabilities', element('tds:Category', category))
  await device('GetServices', element('tds:IncludeCapability', 'true'))
  await device('SetDiscoveryMode', element('tds:DiscoveryMode', 'Discoverable'))
  const time = element('tds:TimeZone', element('tt:TZ', 'CET-1'))
  await device(
    'SetSystemDateAndTime',
    `<tds:DateTimeType>NTP</tds:DateTimeType>${element('tds:DaylightSavings', 'true')}${time}`,
  )
  await device('GetSystemDateAndTime')
  const scope = (name: string) => `onvif://www.onvif.org/name/${name}`
  await device('SetScopes', element('tds:Scopes', scope('one')))
  await device('AddScopes', element('tds:ScopeItem', scope('two')))
  await device('GetScopes')
  await device('RemoveScopes', element('tds:ScopeItem', scope('two')))
  const relay = tokenIn(await device('GetRelayOutputs'), 'RelayOutputs')
  const properties = '<tt:Mode>Monostable</tt:Mode><tt:DelayTime>PT1S</tt:DelayTime><tt:IdleState>closed</tt:IdleState>'
  await device('SetRelayOutputSettings', element('tds:RelayOutputToken', relay) + element('tds:Properties', properties))
  await device('SetRelayOutputState', element('tds:RelayOutputToken', relay) + element('tds:LogicalState', 'active'))
  await device('GetRelayOutputs')
}

async function askNetwork(asker: Asker, camera: SimulatedCamera): Promise<void> {
  const device = (operation: string, inner = '') => asker.ask('tds', element(`tds:${operation}`, inner))
  const token = tokenIn(await device('GetNetworkInterfaces'), 'NetworkInterfaces')
  const address = element(
    'tt:Manual',
    `<tt:Address>${camera.address}</tt:Address><tt:PrefixLength>16</tt:PrefixLength>`,
  )
  for (const dhcp of [true, false]) {
    const host = `<tt:Type>DNS</tt:Type><tt:DNSname>ntp.example.org</tt:DNSname>`
    const fromDhcp = element('tds:FromDHCP', String(dhcp))
    const server = '<tt:Type>IPv6</tt:Type><tt:IPv6Address>::1</tt:IPv6Address>'
    await device('SetNTP', fromDhcp + element('tds:NTPManual', host))
    await device('SetDNS', fromDhcp + element('tds:SearchDomain', 'lan') + element('tds:DNSManual', server))
    await device('SetHostnameFromDHCP', fromDhcp)
    const ipv4 = element('tt:IPv4', address + element('tt:DHCP', String(dhcp)))
    const inner = element('tds:InterfaceToken', token) + element('tds:NetworkInterface', `<tt:MTU>1400</tt:MTU>${ipv4}`)
    await device('SetNetworkInterfaces', inner)
    for (const operation of ['GetNTP', 'GetDNS', 'GetHostname', 'GetNetworkInterfaces']) await device(operation)
  }
  await device('SetHostname', element('tds:Name', 'gate-7'))
  await device('SetNetworkDefaultGateway', element('tds:IPv4Address', '127.0.0.1'))
  const https = '<tt:Name>HTTPS</tt:Name><tt:Enabled>true</tt:Enabled><tt:Port>8443</tt:Port>'
  await device('SetNetworkProtocols', element('tds:NetworkProtocols', https))
  for (const operation of ['GetHostname', 'GetNetworkDefaultGateway', 'GetNetworkProtocols']) await device(operation)
}

async function askUsers(asker: Asker): Promise<void> {
  const device = (operation: string, inner = '') => asker.ask('tds', element(`tds:${operation}`, inner))
  const user = (level: string) =>
    element(
      'tds:User',
      `<tt:Username>guard</tt:Username><tt:Password>word</tt:Password><tt:UserLevel>${level}</tt:UserLevel>`,
    )
  await device('CreateUsers', user('Operator'))
  await device('CreateUsers', user('Operator'))
  await device('SetUser', user('User'))
  await device('GetUsers')
  for (let i = 0; i < 2; i++) await device('DeleteUsers', element('tds:Username', 'guard'))
}

async function askDeviceIo(asker: Asker): Promise<void> {
  const io = (operation: string, inner = '') => asker.ask('tmd', element(`tmd:${operation}`, inner))
  const source = element('tmd:VideoSourceToken', textIn(await io('GetVideoSources'), 'Token'))
  await io('GetVideoSourceConfiguration', source)
  await io('GetVideoSourceConfigurationOptions', source)
  const input = tokenIn(await io('GetDigitalInputs'), 'DigitalInputs')
  await io('SetDigitalInputConfigurations', `<tmd:DigitalInputs token="${input}" IdleState="closed"/>`)
  await io('GetDigitalInputs')
  const relay = tokenIn(await asker.ask('tmd', '<tds:GetRelayOutputs/>'), 'RelayOutputs')
  await io('GetRelayOutputOptions', element('tmd:RelayOutputToken', relay))
  const properties = '<tt:Mode>Bistable</tt:Mode><tt:DelayTime>PT0S</tt:DelayTime><tt:IdleState>open</tt:IdleState>'
  await io(
    'SetRelayOutputSettings',
    `<tmd:RelayOutput token="${relay}">${element('tt:Properties', properties)}</tmd:RelayOutput>`,
  )
}

async function askPtz(asker: Asker): Promise<void> {
  const profile = element('tptz:ProfileToken', tokenIn(await asker.ask('trt', '<trt:GetProfiles/>'), 'Profiles'))
  const ptz = (operation: string, inner = '') => asker.ask('tptz', element(`tptz:${operation}`, profile + inner))
  const configuration = tokenIn(await asker.ask('tptz', '<tptz:GetConfigurations/>'), 'PTZConfiguration')
  for (const operation of ['GetConfiguration', 'GetConfigurationOptions']) {
    const name = operation === 'GetConfiguration' ? 'PTZConfigurationToken' : 'ConfigurationToken'
    await asker.ask('tptz', element(`tptz:${operation}`, element(`tptz:${name}`, configuration)))
  }
  await ptz('ContinuousMove', '<tptz:Velocity><tt:PanTilt x="0.5" y="0"/></tptz:Velocity>')
  await ptz('GetStatus')
  await ptz('Stop')
  await ptz('RelativeMove', '<tptz:Translation><tt:Zoom x="0.1"/></tptz:Translation>')
  await ptz('AbsoluteMove', '<tptz:Position><tt:PanTilt x="0.1" y="0.2"/></tptz:Position>')
  await ptz('AbsoluteMove', '<tptz:Position><tt:PanTilt x="9" y="0"/></tptz:Position>')
  await ptz('SetHomePosition')
  await ptz('GotoHomePosition')
  const preset = textIn(
    await ptz('SetPreset', element('tptz:PresetName', 'Gate & door'.replace('&', '&amp;'))),
    'PresetToken',
  )
  await ptz('GetPresets')
  for (const operation of ['GotoPreset', 'RemovePreset', 'GotoPreset'])
    await ptz(operation, element('tptz:PresetToken', preset))
}

/** What must be refused, in a fault that is valid too. */
async function askWrongly(asker: Asker, camera: SimulatedCamera): Promise<void> {
  await asker.ask('tds', '<tds:GetWsdlUrl/>')
  await asker.ask('trt', '<trt:GetSnapshotUri><trt:ProfileToken>none</trt:ProfileToken></trt:GetSnapshotUri>')
  await asker.ask(
    'tds',
    '<tds:SetSystemFactoryDefault><tds:FactoryDefault>Rare</tds:FactoryDefault></tds:SetSystemFactoryDefault>',
  )
  const device = `http://${camera.address}:${camera.httpPort}/onvif/device_service`
  await asker.post(device, '<open>', 'IllFormed')
  const bare = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>'
  await asker.post(device, bare, 'NoOperation')
  const users = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><GetUsers xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>`
  await asker.post(device, users, 'NotAuthorized')
}
