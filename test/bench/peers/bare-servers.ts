import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'

/**
 * What any simulator in Node pays: that many HTTP servers, TCP servers and UDP sockets, each three on an address of its own.
 * A request for /held is never answered. Arguments: how many, and the first two bytes of the addresses.
 */
const [count = '1', prefix = '127.81'] = process.argv.slice(2)

for (let i = 1; i <= Number(count); i++) {
  const address = `${prefix}.${i >> 8}.${i & 255}`
  const http = createServer((request, response) => {
    if (request.url !== '/held') response.end('yes')
  })
  http.listen(18_080, address)
  await once(http, 'listening')
  const tcp = createTcpServer((socket) => socket.destroy())
  tcp.listen(18_554, address)
  await once(tcp, 'listening')
  const udp = createSocket('udp4', () => {})
  udp.bind(13_702, address)
  await once(udp, 'listening')
}
process.on('SIGINT', () => process.exit())
process.stdout.write('ready\n')
