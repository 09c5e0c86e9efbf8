/** What a client set of a camera's clock. */
export interface ClockSettings {
  readonly type: 'Manual' | 'NTP'
  readonly daylightSavings: boolean
  /** Undefined: the profile's own. */
  readonly zone: { readonly posix: string; readonly offsetMinutes: number } | undefined
  /** How far a client set the clock from what it would tell of itself. */
  readonly aheadMs: number
}

export const FIRST_CLOCK: ClockSettings = { type: 'NTP', daylightSavings: false, zone: undefined, aheadMs: 0 }
