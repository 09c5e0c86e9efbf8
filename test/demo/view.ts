import { stripVTControlCharacters } from 'node:util'
import type { CameraView, Overview } from '../../cloud-bridge/web/api.ts'

/** Everything that the live view shows. */
export interface DemoFacts {
  readonly url: string
  readonly username: string
  readonly password: string
  readonly runningMs: number
  readonly nowMs: number
  readonly overview: Overview | undefined
  readonly messagesPerSecond: number
  /** What left the box, by the agent's own ledger. */
  readonly sentBytes: number
  readonly sentItems: number
}

const dim = (text: string) => `\x1b[2m${text}\x1b[22m`
const bold = (text: string) => `\x1b[1m${text}\x1b[22m`
const green = (text: string) => `\x1b[32m${text}\x1b[39m`
const yellow = (text: string) => `\x1b[33m${text}\x1b[39m`

/** The live view as lines of at most `width` columns. */
export function renderView(facts: DemoFacts, width: number): string[] {
  const cameras = (facts.overview?.cameras ?? []).toSorted(byAddress)
  return [
    `${bold('Lenscap demo')} ${dim(`running ${clockText(facts.runningMs)}, Ctrl-C stops everything`)}`,
    '',
    `  Console   ${bold(facts.url)}`,
    `  Login     ${facts.username} / ${facts.password}`,
    '',
    `  Cameras   ${camerasText(cameras)}`,
    `  Messages  ${facts.overview?.totals.messages ?? 0} committed, ${facts.messagesPerSecond.toFixed(1)}/s`,
    `  Media     ${mediaText(facts, cameras)}`,
    '',
    ...(cameras.length > 0
      ? cameras.map((camera) => cameraLine(camera, facts.nowMs))
      : [`  ${dim('Looking for cameras ...')}`]),
  ].map((line) => cut(line, width))
}

/** One line for a log or a pipe, where nothing can be drawn over. */
export function renderLine(facts: DemoFacts): string {
  const cameras = facts.overview?.cameras ?? []
  const line = `${clockText(facts.runningMs)}  cameras ${camerasText(cameras)}  messages ${facts.overview?.totals.messages ?? 0} (${facts.messagesPerSecond.toFixed(1)}/s)  media ${mediaText(facts, cameras)}`
  return stripVTControlCharacters(line)
}

function byAddress(a: CameraView, b: CameraView): number {
  const places = a.facts.address.localeCompare(b.facts.address, 'en', { numeric: true })
  return places || (a.facts.channel ?? 0) - (b.facts.channel ?? 0)
}

function camerasText(cameras: readonly CameraView[]): string {
  const up = cameras.filter((camera) => camera.health?.level === 'up').length
  const boxes = new Set(cameras.map((camera) => camera.facts.device)).size
  return `${cameras.length} found on ${boxes} devices, ${up === cameras.length ? green(`${up} up`) : yellow(`${up} up`)}`
}

function mediaText(facts: DemoFacts, cameras: readonly CameraView[]): string {
  const on = cameras.filter((camera) => camera.consent.kinds.length > 0).length
  const switches = on === 0 ? dim('every switch is off') : yellow(`${on} of ${cameras.length} switches on`)
  return `${facts.sentBytes === 0 ? bold('0 bytes sent') : `${bytesText(facts.sentBytes)} sent in ${facts.sentItems} items`}, ${switches}`
}

function cameraLine(camera: CameraView, nowMs: number): string {
  const { facts, health, lastEvent } = camera
  const level = health?.level ?? 'unknown'
  const state = level === 'up' ? green('up'.padEnd(11)) : yellow(level.slice(0, 11).padEnd(11))
  const cap = camera.consent.kinds.length > 0 ? yellow('cap off') : dim('cap on ')
  const event = lastEvent
    ? dim(`${lastEvent.event.kind}${lastEvent.event.active === false ? ' ended' : ''} ${agoText(nowMs - lastEvent.at)}`)
    : ''
  const model = `${facts.manufacturer} ${facts.model}${facts.channel ? ` ch ${facts.channel}` : ''}`
  return `  ${facts.address.padEnd(13)} ${model.slice(0, 34).padEnd(34)} ${state} ${cap}  ${event}`
}

function clockText(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

function agoText(ms: number): string {
  return ms < 1500 ? 'now' : `${Math.round(ms / 1000)} s ago`
}

function bytesText(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

/** Cuts to a visible width without cutting an escape sequence, and closes what is open. */
function cut(line: string, width: number): string {
  if (stripVTControlCharacters(line).length <= width) return line
  return `${stripVTControlCharacters(line).slice(0, Math.max(0, width - 1))}…`
}
