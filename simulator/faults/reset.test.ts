import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { reset } from './reset.ts'

/** Both ends of a connection. */
async function pair(context: TestContext, place: { port: number; host: string } | { path: string }) {
  const server: Server = createServer()
  server.listen(place)
  await once(server, 'listening')
  const at = server.address()
  const accepted = once(server, 'connection')
  const client = typeof at === 'object' && at ? connect(at.port, at.address) : connect(at ?? '')
  const [socket] = (await accepted) as [Socket]
  context.after(() => {
    client.destroy()
    socket.destroy()
    server.close()
  })
  return { client, socket }
}

const TCP = { port: 0, host: '127.0.0.1' }

test('a connection that is whole is reset', async (context) => {
  const { client, socket } = await pair(context, TCP)
  const failed = once(client, 'error')
  reset(socket)
  const [error] = (await failed) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNRESET')
})

test('a connection that is ending, or gone, is only closed', async (context) => {
  const { client, socket } = await pair(context, TCP)
  const closed = once(client.resume(), 'close')
  socket.end()
  reset(socket)
  reset(socket)
  await closed
  assert.ok(socket.destroyed)
})

test('what is not TCP is only closed', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'lenscap-reset-'))
  context.after(() => rm(folder, { recursive: true }))
  const { client, socket } = await pair(context, { path: join(folder, 'socket') })
  const closed = once(client.resume(), 'close')
  reset(socket)
  await closed
  assert.ok(socket.destroyed)
})
