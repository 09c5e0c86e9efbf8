import { readFile } from 'node:fs/promises'
import { LenscapError } from '../base/errors.ts'
import type { Secret } from '../base/secret.ts'
import type { BrokerSettings } from '../config/broker.ts'
import { readPassword } from '../config/load.ts'
import type { BrokerAccess } from './connection.ts'
import type { TlsOptions } from './streams.ts'

/** What counts where the configuration says nothing. */
export interface BrokerDefaults {
  readonly url: string | undefined
  readonly clientId: string
  readonly username?: string
  readonly password?: Secret
}

/**
 * What the configuration says of a broker, its files read. Read them anew for each start: certificates are renewed.
 * @throws LenscapError `invalid` for a file that can't be read, naming it
 */
export async function brokerAccess(settings: BrokerSettings, defaults: BrokerDefaults): Promise<BrokerAccess> {
  const url = settings.url ?? defaults.url
  if (url === undefined) throw new LenscapError('invalid', 'No broker is known: set mqtt.url in the configuration')
  const { username = defaults.username, passwordFile, version } = settings
  const own = settings.username === undefined ? defaults.password : undefined
  return {
    url,
    clientId: defaults.clientId,
    username,
    password: passwordFile === undefined ? own : await readPassword(passwordFile),
    protocolVersion: version === '5' ? 5 : 4,
    tls: await tlsFrom(settings),
  }
}

async function tlsFrom({ caFile, certFile, keyFile, fingerprint, servername }: BrokerSettings): Promise<TlsOptions> {
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(readPem))
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(servername !== undefined && { servername }),
  }
}

async function readPem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new LenscapError('invalid', `Can't read ${path}: check the path and its permissions`, {}, cause)
  })
  if (text.includes('-----BEGIN ')) return text
  throw new LenscapError('invalid', `${path} holds no PEM text: convert it with openssl`)
}
