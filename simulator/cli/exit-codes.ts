export const EXIT_DONE = 0
export const EXIT_FAILED = 1
export const EXIT_WRONG_USE = 2
/** It ran, and something of what was asked for didn't happen. */
export const EXIT_PARTLY = 3
