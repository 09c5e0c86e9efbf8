import type { FaultKind } from '../faults/catalogue/kinds.ts'
import { FAULT_GROUPS } from '../faults/fault.ts'
import { PROFILES } from '../profiles/catalogue.ts'
import { type Terminal, table, twoColumns } from './terminal.ts'

const UNITS: Readonly<Record<FaultKind['value'], string>> = {
  none: '',
  seconds: 'S',
  milliseconds: 'MS',
  count: 'N',
  bytes: 'BYTES',
  kilobytes: 'KB',
  percent: '%',
  hertz: 'HZ',
}
const NAME_COLUMNS = 32

export function profileRows() {
  return Object.values(PROFILES).map(({ name, title, httpPort, channels, auth, faults }) => ({
    name,
    title,
    httpPort,
    channels,
    auth,
    faults,
  }))
}

export function profileTable(): string {
  const rows = profileRows().map(({ name, title, httpPort, channels }) => [
    name,
    String(httpPort),
    String(channels),
    title,
  ])
  const own = profileRows().flatMap(({ name, faults }) => faults.map((fault) => [name, fault]))
  return (
    `${table([['PROFILE', 'PORT', 'CHANNELS', 'WHAT IT IS'], ...rows])}\n\n` +
    `Faults that a brand has of itself, unless run --without-faults:\n${table(own)}\n`
  )
}

/** All faults, or those that have the word in their group, name or help. */
export function faultRows(word = '') {
  const rows = Object.entries(FAULT_GROUPS).flatMap(([group, faults]) =>
    Object.entries<FaultKind>(faults).map(([name, { value, usual, help }]) => ({
      group,
      name,
      value,
      ...(usual === undefined ? {} : { usual }),
      help,
    })),
  )
  return rows.filter(({ group, name, help }) => `${group} ${name} ${help}`.toLowerCase().includes(word.toLowerCase()))
}

type FaultRow = ReturnType<typeof faultRows>[number]

/** A paragraph for each group; a value in brackets may be left out. */
export function faultTable(rows: readonly FaultRow[], terminal: Terminal): string {
  const paragraphs = Object.entries(Object.groupBy(rows, ({ group }) => group)).map(([group, of = []]) => {
    const lines = of.map((row) => [`  ${writtenFault(row)}`, helpOf(row)] as const)
    return `${group.toUpperCase()}\n${twoColumns(lines, NAME_COLUMNS + 2, terminal)}\n`
  })
  const count = `${rows.length} ${rows.length === 1 ? 'fault' : 'faults'}`
  const legend =
    'S: seconds, MS: milliseconds, N: a count; in brackets: may be left out.\n' +
    'Set one with --fault NAME=VALUE, in a scenario, or on the control page.\n'
  return `${paragraphs.join('\n')}\n${count}.\n${legend}`
}

function writtenFault({ name, value, usual }: FaultRow): string {
  if (value === 'none') return name
  return usual === undefined ? `${name}=${UNITS[value]}` : `${name}[=${UNITS[value]}]`
}

function helpOf({ help, usual }: FaultRow): string {
  return usual === undefined ? help : `${help} (${usual})`
}
