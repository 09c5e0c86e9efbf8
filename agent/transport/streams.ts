import { createHash } from 'node:crypto'
import { connect as connectTcp, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  checkServerIdentity,
  connect as connectTls,
  type PeerCertificate,
  type ConnectionOptions as TlsConnection,
} from 'node:tls'
import type { IClientOptions, MqttClient } from 'mqtt'
import { LenscapError } from '../base/errors.ts'
import { FrameGuard } from './frame-guard.ts'

/** What proves the broker to the box, and the box to the broker. There is no way to switch the check off. */
export interface TlsOptions {
  /** The only CA that counts; the system's where absent. A self-signed certificate is its own CA. */
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly servername?: string
  /** SHA-256 of the broker's certificate, hex: it alone is believed, and its name does not matter any more. */
  readonly fingerprint?: string
}

export interface StreamOptions {
  /** mqtt, mqtts, ws or wss. */
  readonly url: string
  readonly tls: TlsOptions | undefined
  /** Largest MQTT frame that may come in. */
  readonly frameBytesMax: number
  /** Told why the stream failed; the first thing told is the reason. */
  readonly onFailure: (error: unknown) => void
}

/** Makes the byte stream of one connection, as MQTT.js asks for it. */
export type StreamMaker = (client: MqttClient, options: IClientOptions) => Duplex

/**
 * The way to an address. The WebSocket's library is loaded only for an address that needs it.
 * @throws LenscapError `invalid` for an address that is none
 */
export async function streamMaker(options: StreamOptions): Promise<StreamMaker> {
  const { protocol, hostname: bracketed, port, pathname, search } = placeOf(options.url)
  const host = bracketed.replace(/^\[|\]$/g, '')
  const proof = tlsOf(host, options.tls)
  if (protocol === 'mqtt:')
    return () => guarded(connectTcp({ host, port: Number(port) || 1883, noDelay: true }), options)
  if (protocol === 'mqtts:') {
    return () => guarded(connectTls({ host, port: Number(port) || 8883, ...proof }), options)
  }
  const { streamBuilder } = await import('mqtt/lib/connect/ws')
  const place: IClientOptions = {
    protocol: protocol === 'wss:' ? 'wss' : 'ws',
    hostname: bracketed,
    ...(port !== '' && { port: Number(port) }),
    path: `${pathname || '/'}${search}`,
    wsOptions: { ...proof, maxPayload: options.frameBytesMax, perMessageDeflate: false },
  }
  return (client, common) => guarded(streamBuilder(client, { ...common, ...place }), options)
}

/** Read here, since the library reads addresses by the deprecated url.parse, and takes a user and a client id out of them. */
function placeOf(url: string): URL {
  const place = URL.canParse(url) ? new URL(url) : undefined
  if (place && ['mqtt:', 'mqtts:', 'ws:', 'wss:'].includes(place.protocol)) return place
  throw new LenscapError('invalid', "The broker's address must begin with mqtt, mqtts, ws or wss", { url })
}

/** How a server on that host has to prove itself. */
export function tlsOf(host: string, tls: TlsOptions = {}): TlsConnection {
  const { fingerprint, servername, ...files } = tls
  const name = servername ?? (isIP(host) === 0 ? host : undefined)
  const check = (_: string, certificate: PeerCertificate) => checkPin(certificate, fingerprint ?? '')
  return {
    ...files,
    ...(name !== undefined && { servername: name }),
    checkServerIdentity: fingerprint === undefined ? checkServerIdentity : check,
  }
}

function checkPin({ raw }: PeerCertificate, fingerprint: string): Error | undefined {
  const seen = createHash('sha256').update(raw).digest('hex')
  if (seen === fingerprint.replaceAll(':', '').toLowerCase()) return undefined
  const advice = 'if it was renewed, set mqtt.fingerprint anew; if not, somebody stands in between'
  return new LenscapError('refused', `The broker shows another certificate than the pinned one: ${advice}`, { seen })
}

/** Sees each chunk before the library's parser does, and cuts the stream where a frame is too large. */
function guarded(stream: Duplex, { frameBytesMax, onFailure }: StreamOptions): Duplex {
  const guard = new FrameGuard(frameBytesMax)
  stream.on('error', onFailure)
  stream.on('data', (chunk: Uint8Array) => {
    const fault = guard.faultIn(chunk)
    if (fault === undefined) return
    onFailure(new LenscapError('limit', `The connection was cut: the broker began ${fault}`, { frameBytesMax }))
    stream.destroy()
  })
  return stream
}
