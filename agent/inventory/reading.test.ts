import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Clock } from '../base/clock.ts'
import { openDevice } from '../onvif/device.ts'
import { readDevice } from './reading.ts'

/** Time goes on only when told to, whatever the machine does meanwhile. */
function toldClock() {
  let now = 0
  const waiting = new Set<{ readonly untilMs: number; readonly wake: () => void }>()
  const clock: Clock = {
    nowMs: () => now,
    monotonicMs: () => now,
    sleep: (ms, signal) =>
      new Promise((wake, reject) => {
        const sleeper = { untilMs: now + ms, wake }
        waiting.add(sleeper)
        signal?.addEventListener('abort', () => {
          waiting.delete(sleeper)
          reject(signal.reason)
        })
      }),
  }
  const pass = (ms: number) => {
    now += ms
    for (const { untilMs, wake } of waiting) if (untilMs <= now) wake()
  }
  return { clock, pass }
}

test('a device that takes its time is read in full: none of its calls waits in line until it is late', async () => {
  const { clock, pass } = toldClock()
  const asked = new Set<string>()
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const operation = /<s:Body[^>]*><(\w+)/.exec(text)?.[1] ?? ''
    asked.add(operation)
    pass(1_000)
    response.end(`<Envelope><Body><${operation}Response/></Body></Envelope>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as AddressInfo
    const signal = new AbortController().signal
    const device = await openDevice({ address: '127.0.0.1', port, clock, signal })
    const reading = await readDevice(device, {}, signal)
    assert.equal(Object.keys(reading).length, 12, Object.keys(reading).join())
    assert.ok(asked.has('GetProfiles') && asked.has('GetScopes'))
  } finally {
    server.close()
  }
})
