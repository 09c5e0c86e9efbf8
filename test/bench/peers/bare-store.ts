import { createWriteStream } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'

// Takes plain PUTs into files of a folder: `bare-store FOLDER`. Each is on the disk, under its name, when it is answered. Prints
// `{port}`.
const [folder = ''] = process.argv.slice(2)

async function keep(name: string, body: AsyncIterable<Buffer>): Promise<void> {
  const path = join(folder, name)
  await pipeline(body, createWriteStream(`${path}.part`))
  await synced(`${path}.part`)
  await rename(`${path}.part`, path)
  await synced(folder)
}

async function synced(path: string): Promise<void> {
  const file = await open(path)
  await file.sync()
  await file.close()
}

const server = createServer((asked, answer) => {
  keep(basename(asked.url ?? ''), asked).then(
    () => answer.writeHead(204).end(),
    () => answer.destroy(),
  )
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`)
})
