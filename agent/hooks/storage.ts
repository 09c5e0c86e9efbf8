/** Room on the disk that holds the state folder. */
export interface Room {
  readonly freeBytes: number
  readonly sizeBytes: number
}

const MIB = 1_048_576
const LOW_SHARE = 0.05
const LOW_BYTES_MIN = 16 * MIB
const LOW_BYTES_MAX = 512 * MIB
/** What was low stays so until there is clearly more: a disk at the edge is told once. */
const RELIEF = 1.5

/** Whether the disk is nearly full: under a twentieth of it, yet at least 16 and at most 512 MiB. */
export function isLow({ freeBytes, sizeBytes }: Room, wasLow: boolean): boolean {
  const low = Math.min(Math.max(sizeBytes * LOW_SHARE, LOW_BYTES_MIN), LOW_BYTES_MAX)
  return freeBytes < (wasLow ? low * RELIEF : low)
}
