import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type BundledPart, bundleInParts, bundleWhole } from './bundle.ts'

const folder = mkdtempSync(join(tmpdir(), 'lenscap-bundle-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** What the parts that `run` begins with weigh together; beyond it is for commands, uploads and pictures. */
const IDLE_BYTES_MAX = 1_350_000

/** Source that an idle agent has no use for: it is not loaded before it is needed, or not at all. */
const NOT_IDLE = [
  'node_modules/(got|tus-js-client|systeminformation|ws|socks|ip-address|xml2js|xmlbuilder|readable-stream|worker-timers)/',
  'node_modules/zod/v4/locales/(?!en\\.)',
  'agent/homeassistant/',
  'agent/egress/upload\\.',
  'agent/cli/(setup|questions|doctor|discover|reset|watch-screen|running|config-commands)\\.ts',
]

/** What is evaluated with a part: itself, and all that it imports other than on demand. */
function* loadedWith(
  parts: ReadonlyMap<string, BundledPart>,
  name: string,
  seen = new Set<string>(),
): Generator<BundledPart> {
  const part = parts.get(name)
  if (part === undefined || seen.has(name)) return
  seen.add(name)
  yield part
  for (const imported of part.imports) yield* loadedWith(parts, imported, seen)
}

test('an idle agent has loaded nothing that it does not need', async () => {
  const parts = await bundleInParts('lenscap-agent', 'agent/cli/main.ts', join(folder, 'agent'))
  const named = (entry: string) => [...parts].find(([, part]) => part.entry === entry)?.[0] ?? assert.fail(entry)
  const seen = new Set<string>()
  const idle = ['agent/cli/main.ts', 'agent/cli/run.ts'].flatMap((entry) => [...loadedWith(parts, named(entry), seen)])
  const sources = idle.flatMap((part) => part.sources)
  for (const needless of NOT_IDLE) {
    const found = sources.filter((source) => new RegExp(`^${needless}`).test(source))
    assert.deepEqual(found, [], 'loaded by `run` before it is needed')
  }
  assert.ok(sources.includes('agent/cli/agent.ts'), 'the agent itself is among what was looked at')
  const bytes = idle.reduce((sum, part) => sum + part.bytes, 0)
  assert.ok(bytes <= IDLE_BYTES_MAX, `${bytes} bytes of source are loaded by \`run\``)
})

test('a bundle reads of a module of Node only what it names', async () => {
  const source = join(folder, 'asks.ts')
  writeFileSync(
    source,
    `import https, { Agent } from 'node:http'
     import { createRequire } from 'node:module'
     const required = createRequire(import.meta.url)('node:path')
     const loaded = process.moduleLoadList.filter((name) => name.includes('undici'))
     console.log(JSON.stringify([typeof Agent, typeof https.createServer, typeof required.join, loaded.length]))`,
  )
  await bundleWhole('asks', source, folder)
  const said = execFileSync(process.execPath, [join(folder, 'asks.js')], { encoding: 'utf8', timeout: 60_000 })
  assert.deepEqual(JSON.parse(said), ['function', 'function', 'function', 0])
})

test('what stands in for a package says so where it is called', async () => {
  const source = join(folder, 'calls.ts')
  writeFileSync(
    source,
    `import { Duplex } from 'readable-stream'
     import { parseString } from 'xml2js'
     try { parseString('<a/>') } catch (error) { console.log(typeof Duplex, error.message) }`,
  )
  await bundleInParts('calls', source, join(folder, 'calls'))
  const said = execFileSync(process.execPath, [join(folder, 'calls/calls.js')], { encoding: 'utf8', timeout: 60_000 })
  assert.equal(said, 'function xml2js is not part of this program\n')
})
