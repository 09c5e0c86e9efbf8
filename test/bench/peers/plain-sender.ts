import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** Writes that many bytes to every connection, as often as a camera makes a frame. Arguments: bytes a frame, frames a second. */
const [bytes = '0', perSecond = '15'] = process.argv.slice(2)
const frame = Buffer.alloc(Number(bytes))
const sockets = new Set<Socket>()
const server = createServer((socket) => {
  sockets.add(socket.setNoDelay(true))
  socket.on('error', () => socket.destroy())
  socket.on('close', () => sockets.delete(socket))
})
setInterval(() => {
  for (const socket of sockets) socket.write(frame)
}, 1000 / Number(perSecond))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
process.on('SIGINT', () => process.exit())
process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
