const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const

/** Bytes for reading: 0 B, 812 B, 1.4 MB. Powers of 1000, as disks and networks count. */
export function bytes(count: number): string {
  let value = Math.max(0, count)
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

/** A count with its noun: 1 camera, 3 cameras. */
export const count = (n: number, one: string, many = `${one}s`): string => `${whole(n)} ${n === 1 ? one : many}`

/** A whole number, grouped as the viewer writes it. */
export const whole = (n: number): string => Math.round(n).toLocaleString()

/** How long ago, in words that need no second-by-second repainting. A box's clock may run ahead: that is "just now". */
export function ago(atMs: number, nowMs: number): string {
  const seconds = Math.max(0, (nowMs - atMs) / 1000)
  if (seconds < 8) return 'just now'
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10 || 8} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  if (seconds < 7 * 86_400) return `${count(Math.floor(seconds / 86_400), 'day')} ago`
  return day(atMs)
}

/** The day, as the viewer's locale writes it. */
export const day = (atMs: number): string =>
  new Date(atMs).toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' })

/** The clock time to the second, as the viewer's locale writes it. */
export const clock = (atMs: number): string => new Date(atMs).toLocaleTimeString()

/** The exact moment with its zone, for a title. */
export const exact = (atMs: number): string =>
  new Date(atMs).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' })

/** A length of time: 0:09, 1:02:03. */
export function duration(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1000))
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60]
  const seconds = String(s).padStart(2, '0')
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${seconds}` : `${m}:${seconds}`
}

/** A difference between clocks: 0.4 s, 12 s, 3 min, 5 h. */
export function span(ms: number): string {
  const seconds = Math.abs(ms) / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

/** A share of a whole as 0..100, also when the whole is 0. */
export const percent = (part: number, all: number): number =>
  all > 0 ? Math.round(Math.min(1, Math.max(0, part / all)) * 100) : 0
