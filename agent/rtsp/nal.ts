/** The NAL unit types that matter here (H.264, table 7-1; RFC 6184, table 1). */
export const NAL = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, stapA: 24, fuA: 28 } as const

/** Whether this type carries a picture, or a part of one. */
export const isSlice = (type: number): boolean => type >= NAL.slice && type <= NAL.idr
