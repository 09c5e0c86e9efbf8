import type { Spool, StoredMessage } from '../spool/spool.ts'

/** Cut so often at the same message, it is sent alone; so often in all, and it is the message's fault. */
const ALONE_AFTER_CUTS = 2
const SET_ASIDE_AFTER_CUTS = 5
/** Every broker takes a message of this size: who cuts at a smaller one has another reason. */
const BYTES_SUSPECT = 8_192
/** Beside the payload: the fixed header, the topic's length, the packet's number and MQTT 5's properties. */
const PACKET_BYTES_BESIDE = 32

/**
 * Finds the one message that a broker does not take. MQTT 5 tells the size that it takes; of an older broker only that it
 * cuts the connection, again and again at the same place, is to be seen.
 */
export class StuckMessage {
  #place = ''
  #cuts = 0

  /** How many messages may be on their way at once. */
  window(usual: number): number {
    return this.#cuts >= ALONE_AFTER_CUTS ? 1 : usual
  }

  /** A connection has ended. @param unconfirmed the first message that the broker had not confirmed */
  ended(spool: Pick<Spool, 'stream' | 'read' | 'setAside'>, unconfirmed: number | undefined): void {
    const place = unconfirmed === undefined ? '' : `${spool.stream} ${unconfirmed}`
    this.#cuts = place !== '' && place === this.#place ? this.#cuts + 1 : place === '' ? 0 : 1
    this.#place = place
    if (unconfirmed === undefined || this.#cuts < SET_ASIDE_AFTER_CUTS) return
    const [message] = spool.read(unconfirmed - 1, 1)
    if (message?.seq !== unconfirmed || Buffer.byteLength(message.payload) < BYTES_SUSPECT) return
    spool.setAside(unconfirmed)
    this.#cuts = 0
  }
}

/** The message, or a notice in its place where the broker said that it takes no such size. */
export function fitting(
  message: StoredMessage,
  topic: string,
  packetBytesMax: number,
  spool: Pick<Spool, 'setAside'>,
): StoredMessage {
  const bytes = Buffer.byteLength(message.payload) + Buffer.byteLength(topic) + PACKET_BYTES_BESIDE
  return bytes > packetBytesMax ? (spool.setAside(message.seq) ?? message) : message
}
