import { invalidArgument } from './soap.ts'

const DURATION = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/
const UNITS_MS = [365 * 86_400_000, 30 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000]

/** Reads xs:duration as ms. Throws SoapFault where it is none. */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text)
  if (!match || text === 'P' || text.endsWith('T')) throw invalidArgument('ter:InvalidArgs', `"${text}" is no duration`)
  return UNITS_MS.reduce((sum, unit, i) => sum + unit * Number(match[i + 1] ?? 0), 0)
}

/** Reads a termination time, a duration or a moment by the camera's clock, as ms from now. Throws SoapFault where it is neither. */
export function parseTermination(text: string, cameraNowMs: number): number {
  if (text.startsWith('P')) return parseDuration(text)
  const moment = Date.parse(text)
  if (Number.isNaN(moment)) throw invalidArgument('ter:InvalidArgs', `"${text}" is no time`)
  return moment - cameraNowMs
}
