import { createReadStream, readdirSync, statSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

// Sends the files of a folder by plain PUTs over one kept connection, one after the other: `bare-put FOLDER URL`. Prints
// `{tookMs}` when the last is answered.
const [folder = '', url = ''] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

async function put(name: string): Promise<void> {
  const path = join(folder, name)
  const headers = { 'content-length': statSync(path).size }
  const asked = request(new URL(name, url), { method: 'PUT', agent, headers })
  const answered = new Promise<void>((resolve, reject) => {
    asked.on('error', reject)
    asked.on('response', (answer) => {
      answer.resume()
      answer.on('end', () => (answer.statusCode === 204 ? resolve() : reject(new Error(`HTTP ${answer.statusCode}`))))
    })
  })
  await pipeline(createReadStream(path), asked)
  await answered
}

const begun = performance.now()
for (const name of readdirSync(folder)) await put(name)
process.stdout.write(`${JSON.stringify({ tookMs: performance.now() - begun })}\n`)
agent.destroy()
