import type { AgentView, CameraView } from './types.ts'
import { nameOf } from './words.ts'

/** Where a camera sits: its channel, and how many channels its NVR has. Undefined for a camera by itself. */
export type Channel = { readonly number: number; readonly of: number }

export type Placed = { readonly camera: CameraView; readonly channel: Channel | undefined }

/** One box and its cameras in the order in which they are shown: by name, channels of one NVR side by side. */
export type Group = { readonly agent: AgentView; readonly cameras: readonly Placed[] }

export function groupByBox(agents: readonly AgentView[], cameras: readonly CameraView[]): Group[] {
  return [...agents]
    .sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id))
    .map((agent) => ({
      agent,
      cameras: place(cameras.filter((camera) => isKnown(camera) && camera.agent === agent.id)),
    }))
}

/** Whether its box knows it: one that was forgotten is shown apart. */
export const isKnown = ({ forgottenAt }: CameraView): boolean => forgottenAt === null

/** Those that their boxes have forgotten, the newest first. */
export const forgottenOf = (cameras: readonly CameraView[]): CameraView[] =>
  cameras
    .filter((camera) => !isKnown(camera))
    .sort((a, b) => (b.forgottenAt ?? 0) - (a.forgottenAt ?? 0) || a.id.localeCompare(b.id))

export function channelOf(camera: CameraView, cameras: readonly CameraView[]): Channel | undefined {
  const { channel, device } = camera.facts
  if (channel === undefined) return undefined
  const siblings = cameras.filter(({ agent, facts }) => agent === camera.agent && facts.device === device)
  return { number: channel, of: siblings.length }
}

/** Cameras that may be watched live now, in the order in which they are shown. */
export const watchable = (groups: readonly Group[]): string[] =>
  groups
    .filter(({ agent }) => agent.online && !agent.cap)
    .flatMap(({ cameras }) => cameras.filter(({ camera }) => camera.consent.kinds.includes('live')))
    .map(({ camera }) => camera.id)

function place(cameras: readonly CameraView[]): Placed[] {
  const order = [...cameras].sort(
    (a, b) =>
      Number(a.facts.channel !== undefined) - Number(b.facts.channel !== undefined) ||
      (a.facts.channel === undefined
        ? nameOf(a.facts).localeCompare(nameOf(b.facts), undefined, { numeric: true })
        : a.facts.device.localeCompare(b.facts.device) || a.facts.channel - (b.facts.channel ?? 0)) ||
      a.id.localeCompare(b.id),
  )
  return order.map((camera) => ({ camera, channel: channelOf(camera, cameras) }))
}
