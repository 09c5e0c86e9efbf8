const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda

/**
 * Whether these bytes are a JPEG picture from its beginning to its end (ITU-T T.81, annex B): markers up to the scan in
 * order, and EOI at the end but for a few bytes of padding, which some cameras append.
 */
export function isJpeg(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return false
  let hasFrame = false
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return false
    const marker = bytes[at + 1] ?? 0
    if (marker === 0xff) {
      at += 1
      continue
    }
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
    if (marker === SOS) return hasFrame && endsWell(bytes, at)
    // SOF0 to SOF15, without the tables that lie between them (DHT, JPG, DAC).
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) hasFrame = true
    if (marker < 0xc0 || marker === EOI || length < 2) return false
    at += 2 + length
  }
  return false
}

function endsWell(bytes: Uint8Array, scan: number): boolean {
  let end = bytes.length
  while (end > scan && [0x00, 0x0a, 0x0d, 0xff].includes(bytes[end - 1] ?? 0)) end -= 1
  return bytes[end - 2] === 0xff && bytes[end - 1] === EOI
}
