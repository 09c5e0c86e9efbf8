import type { AgentConfig } from '../config/schema.ts'

/** What counts at once when the file changes; everything else counts after a restart. */
const LIVE = [
  ...['log', 'credentials', 'discovery', 'inventory', 'host', 'homeAssistant'],
  ...['media.snapshotSchedule', 'media.queueBytesMax', 'media.queueAgeMaxHours'],
]

/** The keys that differ, and whether each counts at once. Pure. */
export function changedKeys(before: AgentConfig, after: AgentConfig): { applied: string[]; restart: string[] } {
  const changed = differing('', before, after)
  const isLive = (key: string) => LIVE.some((live) => key === live || key.startsWith(`${live}.`))
  return { applied: changed.filter(isLive), restart: changed.filter((key) => !isLive(key)) }
}

function differing(path: string, before: unknown, after: unknown): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  if (!isGroup(before) || !isGroup(after)) return [path]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) => differing(path === '' ? key : `${path}.${key}`, before[key], after[key]))
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
