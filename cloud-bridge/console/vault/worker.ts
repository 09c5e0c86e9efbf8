import { Keys, newIdentity, recipientOf, unwrapWith } from './keys.ts'
import type { Answer, Ask, AskName, Asks } from './messages.ts'
import { fetchFromBridge, Reader } from './reader.ts'
import { openHead, SealedError } from './sealed-item.ts'
import { KeyShelf } from './shelf.ts'

/** The vault's worker: the only place that has keys. It answers on the port that comes with each question. */
class Vault {
  readonly #shelf = typeof indexedDB === 'undefined' ? undefined : new KeyShelf()
  #keys = new Keys('', undefined)
  #reader = new Reader(fetchFromBridge, (wrapped) => this.#keys.unwrap(wrapped))

  async answer(ask: Ask): Promise<Asks[AskName]['out']> {
    switch (ask.ask) {
      case 'wake':
        this.#keys = new Keys(ask.account, this.#shelf)
        await this.#keys.wake()
        return this.#changed()
      case 'make': {
        const identity = await newIdentity()
        return { identity, recipient: await recipientOf(identity) }
      }
      case 'test':
        return { recipient: await recipientOf(ask.identity), opens: await opens(ask.identity, ask.item) }
      case 'add':
        await this.#keys.add(ask.identity, ask.keep)
        return this.#changed()
      case 'forget':
        await this.#keys.forget(ask.recipient)
        return this.#changed()
      case 'look':
        return await this.#reader.look(ask.item)
      case 'read':
        return await this.#reader.read(ask.item, ask.start, ask.end)
      case 'head':
        return await openHead(ask.head, this.#keys.unwrap)
    }
  }

  #changed() {
    this.#reader.clear()
    return this.#keys.list()
  }
}

async function opens(identity: string, item: string | undefined): Promise<boolean> {
  if (item === undefined) return false
  const looked = new Reader(fetchFromBridge, unwrapWith([identity])).look(item)
  return await looked.then(
    () => true,
    (error: unknown) => {
      if (error instanceof SealedError && error.refusal === 'no-key') return false
      throw error
    },
  )
}

function failure(error: unknown): Answer<never> {
  if (error instanceof SealedError) return { why: error.refusal, message: error.message }
  if (error instanceof RangeError) return { why: 'nowhere', message: error.message }
  return { why: 'failed', message: 'Something went wrong here. Load the page again.' }
}

const vault = new Vault()
addEventListener('message', ({ data, ports: [port] }: MessageEvent<Ask>) => {
  vault.answer(data).then(
    (value) => {
      const transfer = 'bytes' in value ? [value.bytes.buffer] : []
      port?.postMessage({ value }, transfer)
    },
    (error: unknown) => port?.postMessage(failure(error)),
  )
})
