import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Message } from './fragment.ts'
import { Queue } from './queue.ts'

/** Messages of one byte, which opens when it is told to; what was taken and what failed. */
function line(bytesMax?: number) {
  const [taken, failed]: [number[], unknown[]] = [[], []]
  const opening = new Map<number, PromiseWithResolvers<Message | undefined>>()
  const open = (data: ArrayBuffer) => {
    const opened = Promise.withResolvers<Message | undefined>()
    opening.set(new Uint8Array(data)[0] ?? -1, opened)
    return opened.promise
  }
  const take = ({ body }: Message) => taken.push(body[0] ?? -1)
  const queue = new Queue({ open, take, fail: (error) => failed.push(error) }, bytesMax)
  const add = (byte: number) => queue.add(new Uint8Array([byte]).buffer)
  const opens = async (byte: number, message: Message | undefined = { type: 'key', body: new Uint8Array([byte]) }) => {
    opening.get(byte)?.resolve(message)
    await turn()
  }
  return { queue, taken, failed, opening, add, opens }
}

describe('what waits to be opened', () => {
  it('is opened one after the other, and taken in the order in which it came', async () => {
    const { taken, failed, opening, add, opens } = line()
    for (const byte of [1, 2, 3]) add(byte)
    assert.deepEqual([...opening.keys()], [1])
    await opens(1)
    assert.deepEqual([taken, [...opening.keys()]], [[1], [1, 2]])
    add(4)
    for (const byte of [2, 3, 4]) await opens(byte)
    assert.deepEqual([taken, failed], [[1, 2, 3, 4], []])
    add(5)
    await opens(5)
    assert.deepEqual(taken, [1, 2, 3, 4, 5])
  })

  it('may hold what there is nothing to see in', async () => {
    const { taken, add, opens, opening } = line()
    add(1)
    add(2)
    opening.get(1)?.resolve(undefined)
    await turn()
    await opens(2)
    assert.deepEqual(taken, [2])
  })

  it('ends with the first that does not open', async () => {
    const { taken, failed, opening, add } = line()
    for (const byte of [1, 2]) add(byte)
    const error = new Error('changed')
    opening.get(1)?.reject(error)
    await turn()
    add(3)
    await turn()
    assert.deepEqual([taken, failed, [...opening.keys()]], [[], [error], [1]])
  })

  it('ends where too much waits, what is being opened counted', async () => {
    const { taken, failed, add, opens } = line(2)
    for (const byte of [1, 2]) add(byte)
    await opens(1)
    add(3)
    assert.deepEqual(failed, [])
    add(4)
    assert.deepEqual(failed, [undefined])
    await opens(2)
    assert.deepEqual(taken, [1])
  })

  it('takes nothing once it is closed', async () => {
    const { queue, taken, failed, add, opens } = line()
    add(1)
    queue.close()
    await opens(1)
    add(2)
    assert.deepEqual([taken, failed], [[], []])
  })
})
