import { damaged, type OpenedHead, openLiveMessage, parseHead } from '../vault/sealed-item.ts'
import { HEADER_BYTES, type Message, readMessage } from './fragment.ts'

/** Asks whoever has the owner's keys what opens the part that this head begins. @throws LockedError */
export type OpenHead = (head: Uint8Array<ArrayBuffer>) => Promise<OpenedHead>

/** There is no key for a part here; whoever was asked for it knows why. */
export class LockedError extends Error {}

const TAG_BYTES = 16

/** Opens the messages of a live view that are encrypted for keys that only the owner holds. One after the other, in order. */
export class LiveOpener {
  readonly #camera: string
  readonly #openHead: OpenHead
  #part: OpenedHead | undefined
  #head = ''
  #next = 0

  /** @param camera whose pictures these are to be */
  constructor(camera: string, openHead: OpenHead) {
    this.#camera = camera
    this.#openHead = openHead
  }

  /**
   * The message as it was before it was encrypted; undefined for what there is nothing to see in. Pictures may be left out,
   * none may come twice or earlier; head and `init` come again before a keyframe for whoever has missed some.
   * @throws SealedError `damaged`, `newer`; LockedError
   */
  async open(data: ArrayBuffer): Promise<Message | undefined> {
    const message = readMessage(data)
    if (message === undefined) return undefined
    const header = new Uint8Array(data, 0, HEADER_BYTES)
    const view = new DataView(data)
    const [number, plainBytes] = [view.getUint32(2), view.getUint32(6)]
    const { type, body } = message
    if (type === 'head') {
      if (body.length !== plainBytes) throw damaged()
      await this.#begin(body)
      return undefined
    }
    const isLate = type !== 'init' && number < this.#next
    if (this.#part === undefined || isLate || body.length !== plainBytes + TAG_BYTES) throw damaged()
    const plain = await openLiveMessage(this.#part, number, header, body)
    this.#next = Math.max(this.#next, number + 1)
    return { type, body: plain }
  }

  async #begin(head: Uint8Array<ArrayBuffer>): Promise<void> {
    const text = String(head)
    if (text === this.#head) return
    // The bridge may not call a clip a live view, nor one camera another.
    const { form, label } = parseHead(head)
    if (form !== 'live' || label['kind'] !== 'live' || label['camera'] !== this.#camera) throw damaged()
    this.#part = await this.#openHead(head)
    this.#head = text
    this.#next = 0
  }
}
