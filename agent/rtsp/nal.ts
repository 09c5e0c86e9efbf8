export type VideoCodec = 'h264' | 'h265'

/** What is different between the codecs when pictures are put together from RTP. Types are those of NAL units. */
export interface NalFormat {
  readonly codec: VideoCodec
  readonly headerBytes: number
  /** @param first the unit's first byte */
  typeOf(first: number): number
  isSlice(type: number): boolean
  /** Decoding can start here. */
  isKeyframe(type: number): boolean
  leansBack(type: number): boolean
  isParameterSet(type: number): boolean
  /** What an RTP payload of that type holds; undefined for what is not defined or not allowed here. */
  packingOf(type: number): 'whole' | 'aggregate' | 'fragment' | undefined
  /** The header of the NAL unit whose fragments have this payload header and this fragment header. */
  headerOf(payload: Uint8Array, fragmentHeader: number): readonly number[]
}

/** H.264, table 7-1; RFC 6184, table 1: non-interleaved mode, so STAP-A and FU-A alone. */
const H264: NalFormat = {
  codec: 'h264',
  headerBytes: 1,
  typeOf: (first) => first & 0x1f,
  isSlice: (type) => type >= 1 && type <= 5,
  isKeyframe: (type) => type === 5,
  leansBack: () => false,
  isParameterSet: (type) => type === NAL.sps || type === NAL.pps,
  packingOf: (type) => {
    if (type === 28) return 'fragment'
    if (type === 24) return 'aggregate'
    return type > 0 && type < 24 ? 'whole' : undefined
  },
  headerOf: (payload, fragmentHeader) => [((payload[0] ?? 0) & 0xe0) | (fragmentHeader & 0x1f)],
}

/** H.265, table 7-1; RFC 7798, 4.4. IDR, CRA and BLA are random access points (types 16 to 21), RASL are 8 and 9. */
const H265: NalFormat = {
  codec: 'h265',
  headerBytes: 2,
  typeOf: (first) => (first >> 1) & 0x3f,
  isSlice: (type) => type < 32,
  isKeyframe: (type) => type >= 16 && type <= 21,
  leansBack: (type) => type === 8 || type === 9,
  isParameterSet: (type) => type >= NAL.vpsH265 && type <= NAL.ppsH265,
  packingOf: (type) => {
    if (type === 49) return 'fragment'
    if (type === 48) return 'aggregate'
    return type < 48 ? 'whole' : undefined
  },
  headerOf: (payload, fragmentHeader) => [((payload[0] ?? 0) & 0x81) | ((fragmentHeader & 0x3f) << 1), payload[1] ?? 0],
}

export const NAL_FORMATS: Readonly<Record<VideoCodec, NalFormat>> = { h264: H264, h265: H265 }

/** The types of parameter sets. */
export const NAL = { sps: 7, pps: 8, vpsH265: 32, spsH265: 33, ppsH265: 34 } as const
