import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { Channel } from '../base/channel.ts'
import type { ControlAnswer } from './control.ts'
import { askAgent } from './control-client.ts'
import { serveControl } from './control-server.ts'
import { endWipe, wipe } from './wipe.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'lenscap-control-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const never = new AbortController().signal

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = []
  for await (const value of values) got.push(value)
  return got
}

describe('the control socket', () => {
  it('answers line by line, to its own user alone, also where a killed agent left one', async (t) => {
    const path = join(folder(t), 'control.sock')
    for (let round = 0; round < 2; round++) {
      await using _server = await serveControl({
        path,
        answer: async function* (request) {
          yield { log: request.ask }
          yield { log: 'ä\n"' }
        },
      })
      assert.equal(statSync(path).mode & 0o777, 0o600)
      assert.deepEqual(await all(askAgent(path, { ask: 'state' }, never)), [{ log: 'state' }, { log: 'ä\n"' }])
    }
  })

  it('notices that the asker has gone', async (t) => {
    const path = join(folder(t), 'control.sock')
    const gone = Promise.withResolvers<void>()
    await using _server = await serveControl({
      path,
      answer: async function* (_, signal) {
        const lines = new Channel<ControlAnswer>(9)
        signal.addEventListener('abort', () => {
          lines.close()
          gone.resolve()
        })
        lines.push({ log: 'first' })
        yield* lines
      },
    })
    const stop = new AbortController()
    for await (const _line of askAgent(path, { ask: 'watch' }, stop.signal)) stop.abort()
    await gone.promise
  })

  it('does not fall over junk, and tells what went wrong', async (t) => {
    const path = join(folder(t), 'control.sock')
    await using _server = await serveControl({
      path,
      // biome-ignore lint/correctness/useYield: it fails before it has an answer
      answer: async function* () {
        throw new Error('the disk is full')
      },
    })
    for (const junk of ['hello\n', '{"ask":"format"}\n', `${'x'.repeat(9000)}\n`]) {
      const socket = connect(path)
      socket.on('error', () => {})
      socket.write(junk)
      let text = ''
      for await (const chunk of socket) text += String(chunk)
      assert.match(text, /does not know that question/)
    }
    await assert.rejects(all(askAgent(path, { ask: 'state' }, never)), { message: 'the disk is full' })
  })

  it('says so where no agent runs', async (t) => {
    const path = join(folder(t), 'control.sock')
    await assert.rejects(all(askAgent(path, { ask: 'state' }, never)), {
      kind: 'unreachable',
      message: /No agent is run/,
    })
  })
})

describe('a wipe', () => {
  it('leaves the hooks, the lock and the cap, and nothing else', async (t) => {
    const stateDir = folder(t)
    for (const name of ['hooks.d', 'media']) mkdirSync(join(stateDir, name))
    const files = [
      'identity.json',
      'state.db',
      'spool.db-wal',
      'egress.db',
      'media/a.jpg',
      'lock.db',
      'cap-on',
      'hooks.d/x',
    ]
    for (const name of files) writeFileSync(join(stateDir, name), 'x')
    await wipe(stateDir)
    assert.deepEqual(readdirSync(stateDir).toSorted(), ['cap-on', 'hooks.d', 'lock.db'])
    assert.equal(existsSync(join(stateDir, 'hooks.d/x')), true)
    assert.equal(await endWipe(stateDir), false)
  })

  it('that was cut short is ended at the next start', async (t) => {
    const stateDir = folder(t)
    for (const name of ['wipe-begun', 'state.db', 'egress.db']) writeFileSync(join(stateDir, name), '')
    assert.equal(await endWipe(stateDir), true)
    assert.deepEqual(readdirSync(stateDir), [])
  })
})
