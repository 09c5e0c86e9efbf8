import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Waits until it is so. Fails, naming what was waited for, when that takes longer than `withinMs`. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string, withinMs = 4000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, `waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Whether a UDP port of that address can be had. */
export async function isFree(port: number, address: string): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    socket.bind(port, address)
    await once(socket, 'listening')
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}
