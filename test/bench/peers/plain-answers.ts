import { once } from 'node:events'
import { createServer } from 'node:http'

/** Reads each request's body and answers with that many bytes, knowing nothing. Argument: the bytes. */
const body = Buffer.alloc(Number(process.argv[2] ?? 0), 0x20)
const server = createServer((request, response) => {
  request.resume().once('end', () => {
    response.writeHead(200, { 'Content-Type': 'application/soap+xml', 'Content-Length': body.length })
    response.end(body)
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
process.on('SIGINT', () => process.exit())
process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
