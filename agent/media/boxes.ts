/** A box of ISO/IEC 14496-12, 4.2. */
export function box(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const bytes = parts.reduce((sum, part) => sum + part.length, 8)
  return Buffer.concat([u32(bytes), text(type), ...parts], bytes)
}

export const fullBox = (type: string, version: number, flags: number, ...parts: readonly Uint8Array[]) =>
  box(type, u32(version * 0x100_0000 + flags), ...parts)

export const text = (characters: string) => Buffer.from(characters, 'latin1')
export const zeros = (bytes: number) => Buffer.alloc(bytes)
export const u8 = (...values: readonly number[]) => Buffer.from(values)
export const u16 = (value: number) => Buffer.from([(value >> 8) & 255, value & 255])

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}
