import { BlockList, isIP } from 'node:net'
import { LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'

/** A user and password, and what they are meant for. */
export interface CredentialSet extends Credential {
  /** Of the store: made by us. Of the configuration file: `config-1` and on. */
  readonly id: string
  /** As written; for every device where there is none. */
  readonly for: readonly string[]
}

/** What is known of a device before anyone signs in to it. */
export interface Subject {
  readonly address: string
  readonly port: number
  /** Ids of its cameras, where it is known. */
  readonly cameras: readonly string[]
  /** What it is or says it is: its maker where known, and its scopes' names. */
  readonly makers: readonly string[]
}

const PATTERNS_MAX = 64
const LENGTH_MAX = 128

/**
 * Whether a set is meant for a device: `host:ADDRESS`, `host:ADDRESS:PORT`, `host:RANGE/BITS`, `maker:WORDS` with `*`,
 * `camera:ID`. One that fits is enough.
 */
export function isFor(patterns: readonly string[], subject: Subject): boolean {
  return patterns.length === 0 || patterns.some((pattern) => readPattern(pattern)(subject))
}

/** @throws LenscapError `invalid` or `limit`, saying what to write instead */
export function checkPatterns(patterns: readonly string[]): void {
  if (patterns.length > PATTERNS_MAX) throw new LenscapError('limit', `More than ${PATTERNS_MAX} patterns for one set`)
  for (const pattern of patterns) readPattern(pattern)
}

function readPattern(pattern: string): (subject: Subject) => boolean {
  const [, kind, rest = ''] = /^(host|maker|camera):(.+)$/.exec(pattern.trim()) ?? []
  if (pattern.length > LENGTH_MAX) throw bad(pattern)
  if (kind === 'maker') return makerPattern(rest)
  if (kind === 'camera') return ({ cameras }) => cameras.includes(rest)
  if (kind === 'host') return hostPattern(rest, pattern)
  throw bad(pattern)
}

function makerPattern(words: string): (subject: Subject) => boolean {
  const source = words
    .split('*')
    .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    .join('.*')
  const fits = new RegExp(`^${source}$`, 'i')
  return ({ makers }) => makers.some((maker) => fits.test(maker.trim()))
}

function hostPattern(text: string, pattern: string): (subject: Subject) => boolean {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host !== undefined && port !== undefined) {
    if (isIP(host) === 0) throw bad(pattern)
    return (subject) => subject.address === host && subject.port === Number(port)
  }
  const [address = '', bits] = text.replace(/^\[([^\]]+)\]$/, '$1').split('/')
  const version = isIP(address)
  const most = version === 6 ? 128 : 32
  const length = bits === undefined ? most : Number(bits)
  if (version === 0 || !Number.isInteger(length) || length < 0 || length > most) throw bad(pattern)
  const range = new BlockList()
  range.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4')
  return (subject) => {
    const [own = ''] = subject.address.split('%')
    return isIP(own) !== 0 && range.check(own, isIP(own) === 6 ? 'ipv6' : 'ipv4')
  }
}

const bad = (pattern: string) =>
  new LenscapError(
    'invalid',
    `"${pattern.slice(0, LENGTH_MAX)}" says for nobody: write host:192.168.7.20, host:192.168.7.0/24, maker:hikvision* or camera:ID`,
  )
