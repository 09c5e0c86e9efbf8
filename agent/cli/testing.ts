import { createServer } from 'node:http'
import type { Sighting } from '../discovery/sighting.ts'

export interface SoapCamera extends AsyncDisposable {
  readonly host: string
  readonly sighting: Sighting
}

const ENDPOINT = 'urn:uuid:7f6a9c52-1d0e-4b8e-9a55-0c1d2e3f4a5b'

/** A camera on loopback that tells strangers its name and time, and nothing else; `closed`: the time alone. */
export async function soapCamera({ closed = false } = {}): Promise<SoapCamera> {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const operation = /<s:Body[^>]*><(\w+)/.exec(body)?.[1] ?? ''
    const answer = answerTo(operation, closed)
    response.writeHead(answer ? 200 : 400).end(envelope(answer ?? REFUSED))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const place = server.address()
  const port = typeof place === 'object' && place ? place.port : 0
  const at = { address: '127.0.0.1', port, path: '/onvif/device_service', https: false }
  return {
    host: `127.0.0.1:${port}`,
    sighting: { endpoint: ENDPOINT, types: [], scopes: [], xaddrs: [], ...at, via: 'unicast' },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const envelope = (body: string) => `<s:Envelope><s:Body>${body}</s:Body></s:Envelope>`

const REFUSED =
  '<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code></s:Fault>'

function answerTo(operation: string, closed: boolean): string | undefined {
  if (operation === 'GetSystemDateAndTime') {
    const now = new Date()
    const time = `<Time><Hour>${now.getUTCHours()}</Hour><Minute>${now.getUTCMinutes()}</Minute><Second>${now.getUTCSeconds()}</Second></Time>`
    const date = `<Date><Year>${now.getUTCFullYear()}</Year><Month>${now.getUTCMonth() + 1}</Month><Day>${now.getUTCDate()}</Day></Date>`
    return `<GetSystemDateAndTimeResponse><SystemDateAndTime><UTCDateTime>${time}${date}</UTCDateTime></SystemDateAndTime></GetSystemDateAndTimeResponse>`
  }
  if (operation !== 'GetDeviceInformation' || closed) return undefined
  return '<GetDeviceInformationResponse><Manufacturer>Maker</Manufacturer><Model>M1</Model><FirmwareVersion>1.0</FirmwareVersion><SerialNumber>SN47110815</SerialNumber><HardwareId>1</HardwareId></GetDeviceInformationResponse>'
}
