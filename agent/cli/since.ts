const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * `15m`, `2h`, `3d`, or a date and time such as 2026-05-01 or 2026-05-01T06:30, in UTC where no zone is said, as `logs`
 * shows them.
 * @returns UTC ms; undefined for anything else
 */
export function sinceOf(text: string, nowMs: number): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (count !== undefined) return nowMs - Number(count) * (UNITS[unit] ?? 0)
  const [, day, time = 'T00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? []
  const ms = Date.parse(`${day}${time.replace(' ', 'T')}${zone}`)
  return Number.isNaN(ms) ? undefined : ms
}
