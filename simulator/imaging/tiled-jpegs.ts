const RESTARTS = 8
const RST0 = 0xd0
const END = Buffer.from('ffd9', 'hex')

/**
 * Puts a scene's JPEGs together. They share a head and most of their area: each is made of tiles, restart intervals that can be
 * decoded alone (T.81, E.1.4), and each different tile is stored once. The file, its numbers in 16 bits, big-endian: the
 * head's length and the head (SOI to SOS); the counts of pictures, of tiles in each, and of different tiles; the lengths of
 * these, and their bytes; then, for each picture, the number of the tile at each place. Throws RangeError where it is damaged.
 */
export function readTiledJpegs(file: Buffer): Buffer[] {
  const reader = new Reader(file)
  const head = reader.bytes(reader.number())
  const [pictures, places, different] = [reader.number(), reader.number(), reader.number()]
  const tiles = reader.numbers(different).map((length) => reader.bytes(length))
  return Array.from({ length: pictures }, () => {
    const parts = reader.numbers(places).flatMap((number, place) => {
      const tile = tiles[number]
      if (!tile) throw new RangeError(`There is no tile ${number}`)
      return place === 0 ? [tile] : [restartMarker(place - 1), tile]
    })
    return Buffer.concat([head, ...parts, END])
  })
}

/** They count from 0 to 7, over and over (T.81, B.2.1). */
function restartMarker(number: number): Buffer {
  return Buffer.from([0xff, RST0 + (number % RESTARTS)])
}

class Reader {
  readonly #file: Buffer
  #at = 0

  constructor(file: Buffer) {
    this.#file = file
  }

  /** Throws RangeError at the file's end. */
  number(): number {
    this.#at += 2
    return this.#file.readUInt16BE(this.#at - 2)
  }

  numbers(count: number): number[] {
    return Array.from({ length: count }, () => this.number())
  }

  bytes(count: number): Buffer {
    const start = this.#at
    this.#at += count
    if (this.#at > this.#file.length) throw new RangeError('The tiles end too early')
    return this.#file.subarray(start, this.#at)
  }
}
