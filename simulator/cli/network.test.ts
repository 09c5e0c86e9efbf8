import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import onvif from 'onvif'

const run = promisify(execFile)
const MAIN = new URL('./main.ts', import.meta.url).pathname

/** Set where this file runs inside a user and network namespace of its own, in which it is root and disturbs nobody. */
const INSIDE = 'LENSCAP_TEST_NAMESPACE'

if (process.env[INSIDE] === undefined) {
  test('cameras live in a network of their own', async () => {
    const script = 'ip link set lo up && exec "$0" --test "$1"'
    const env = { ...process.env, [INSIDE]: '1', NODE_TEST_CONTEXT: undefined }
    const args = ['-rn', 'sh', '-c', script, process.execPath, import.meta.filename]
    await run('unshare', args, { env, timeout: 60_000 }).catch((error) => {
      const needs =
        'This test needs the commands unshare and ip (util-linux, iproute2) and a kernel that permits user namespaces'
      assert.fail(`${needs}:\n${error.stdout}${error.stderr}`)
    })
  })
} else {
  test('a thousand cameras at addresses of a real-looking network are all found by one probe of onvif', async () => {
    await using network = await start(1000, '192.168.100.0/22')
    const { cameras } = network
    assert.equal(cameras.length, 1000)
    assert.equal(cameras[0]?.address, '192.168.100.11')
    assert.deepEqual(await found(), new Set(cameras.map(({ endpoint }) => endpoint)))
    const response = await fetch(`http://192.168.103.242:${cameras.at(-1)?.httpPort}/`)
    assert.equal(response.status, 404, 'the last of them answers')
  })

  for (const signal of ['SIGINT', 'SIGKILL'] as const)
    test(`nothing of it is left after ${signal}`, async () => {
      await using network = await start(3, '192.168.100.0/27')
      assert.match(await devices(), /lenscap-/)
      network.program.kill(signal)
      const deadline = AbortSignal.timeout(10_000)
      while ((await devices()).includes('lenscap-')) await sleep(20, undefined, { signal: deadline })
    })

  test('a network that is none is wrong use', async () => {
    for (const wrong of ['192.168.100.0', '192.168.100.1/24', '127.0.0.0/24', '10.0.0.0/8'])
      await assert.rejects(run(process.execPath, [MAIN, 'network', wrong]), ({ code, stderr }) => {
        assert.equal(code, 2)
        assert.match(stderr, /is no network .*: write one such as 192\.168\.100\.0\/22\.$/m)
        return true
      })
  })
}

interface Told {
  readonly address: string
  readonly httpPort: number
  readonly endpoint: string
}

async function start(count: number, network: string) {
  const args = [MAIN, 'network', network, '--cameras', String(count), '--json']
  const program: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  assert.ok(program.stdout)
  const lines = createInterface({ input: program.stdout })
  const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(20_000) })
  const { cameras }: { cameras: readonly Told[] } = JSON.parse(String(line))
  const stop = async () => {
    if (program.exitCode !== null || program.signalCode !== null) return
    program.kill('SIGTERM')
    await once(program, 'exit', { signal: AbortSignal.timeout(10_000) })
  }
  return { program, cameras, [Symbol.asyncDispose]: stop }
}

async function devices(): Promise<string> {
  return (await run('ip', ['-brief', 'link'])).stdout
}

/** The endpoint references that one probe brings. The buffer has room for all: parsing them takes the client longer than they take to come. */
async function found(): Promise<Set<string>> {
  const { Discovery } = onvif
  const endpoints = new Set<string>()
  const note = (_camera: unknown, _from: unknown, xml: unknown) =>
    endpoints.add(/urn:uuid:[^<]+(?=<\/a:Address>)/.exec(String(xml))?.[0] ?? '')
  Discovery.on('device', note)
  await new Promise<void>((resolve, reject) => {
    const done = (trouble: unknown) => (trouble ? reject(trouble) : resolve())
    Discovery.probe({ timeout: 2000, resolve: false, bufferSize: 4 * 1024 * 1024 }, done)
  })
  Discovery.off('device', note)
  return endpoints
}
