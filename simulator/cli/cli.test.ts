import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ownNet } from '../fleet/own-net.testing.ts'
import { PROFILE_NAMES } from '../profiles/catalogue.ts'
import { EXIT_DONE, EXIT_FAILED, EXIT_PARTLY, EXIT_WRONG_USE } from './exit-codes.ts'
import { program } from './program.ts'

const net = await ownNet()

async function call(...args: string[]) {
  let [out, err] = ['', '']
  const code = await program(args, {
    write: (text) => {
      out += text
    },
    writeError: (text) => {
      err += text
    },
  })
  return { code, out, err }
}

const PORTS = ['--port', '0', '--rtsp-port', '0', '--discovery-port', '0']

test('profiles and faults are listed, for people and for programs', async () => {
  assert.match((await call('faults')).out, /clock-skew=S /)
  const { code, out } = await call('profiles', '--json')
  assert.equal(code, EXIT_DONE)
  assert.equal(JSON.parse(out).length, PROFILE_NAMES.length)
  assert.match((await call('profiles')).out, /unless run --without-faults:\n.*reolink +services-undeclared-prefix\n/s)
})

test('a password may come from a file, and a file without one is wrong use', async () => {
  const { code, err } = await call('run', '--password-file', '/nowhere/password', ...PORTS)
  assert.equal(code, EXIT_WRONG_USE)
  assert.match(err, /^\/nowhere\/password can't be read or holds no password: /)
  assert.equal((await call('run', '--password', 'a', '--password-file', 'b')).code, EXIT_WRONG_USE)
})

test('wrong use is told from failure', async () => {
  assert.equal((await call('run', '--help')).code, EXIT_DONE)
  for (const wrong of [
    ['--profile', 'none'],
    ['--fault', 'clock-skew'],
    ['--address', '8.8.8.8'],
    ['--cameras', '0'],
    ['--what'],
  ])
    assert.equal((await call('run', ...wrong)).code, EXIT_WRONG_USE, wrong.join(' '))
  const { err } = await call('run', '--fault', 'nonsense')
  assert.match(err, /There is no fault "nonsense": choose one of unreachable/)
})

test('the program runs cameras on addresses in a row until SIGTERM, and fails on a taken port', async () => {
  const args = ['run', '--json', '--address', net(1), '--cameras', '7', '--control-port', '0', ...PORTS]
  const child = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url)), ...args])
  try {
    const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) })
    const { cameras, password, control } = JSON.parse(String(line))
    assert.deepEqual(
      cameras.map((camera: { address: string }) => camera.address),
      [1, 2, 3, 4, 5, 6, 7].map((last) => net(last)),
    )
    assert.match(password, /^[\w-]{12}$/)
    assert.match(await (await fetch(`${control}/cameras`)).text(), /"id":"[a-z0-9]+-7"/)
    const failed = await call('run', '--address', net(1), '--profile', 'axis', '--port', String(cameras[0].httpPort))
    assert.equal(failed.code, EXIT_FAILED)
    assert.match(failed.err, /^Port \d+ on 127\.\d+\.\d+\.1 is taken: .*\.\n$/)
  } finally {
    child.kill('SIGTERM')
  }
  const [code] = await once(child, 'exit')
  assert.equal(code, EXIT_DONE)
})

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

/** The program as a process of its own; gives its first line of JSON. */
async function start(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, 'run', '--json', ...args, ...PORTS])
  const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(20_000) })
  return { child, ready: JSON.parse(String(line)), ended: once(child, 'exit') }
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!isSo()) {
    assert.ok(performance.now() < deadline, 'it did not come in time')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('a recording outlives a SIGKILL and is played again, until it is over', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-recording-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'run.yaml')
  const one = ['--profile', 'tapo', '--event-interval', '0', '--address', net(21)]
  const { child, ready, ended } = await start(
    ...one,
    '--record',
    file,
    '--control-port',
    '0',
    '--password',
    'given-word',
  )
  try {
    assert.equal(ready.password, null)
    await fetch(`${ready.control}/cameras/tapo-1/faults/busy-503`, { method: 'PUT' })
    await fetch(`${ready.control}/cameras/tapo-1/swap`, { method: 'POST' })
    await until(() => readFileSync(file, 'utf8').includes('swap: 1'))
  } finally {
    child.kill('SIGKILL')
    await ended
  }
  assert.ok(!readFileSync(file, 'utf8').includes('given-word'))
  const { code, out } = await call('run', '--scenario', file, '--once', '--address', net(22), '--json')
  assert.equal(code, EXIT_DONE)
  const lines = out.trim().split('\n')
  const [again, ...happened] = lines.slice(0, -1).map((line) => JSON.parse(line))
  assert.deepEqual(JSON.parse(lines.at(-1) ?? ''), { event: 'over', state: 'done', total: 2, done: 2, failed: 0 })
  assert.deepEqual([again.cameras[0].address, again.cameras[0].id], [net(22), 'tapo-1'])
  assert.deepEqual(
    happened.map(({ camera, what }) => `${camera} ${what}`),
    ['tapo-1 fault busy-503', 'tapo-1 swap for device 1'],
  )
  assert.match((await call('run', '--scenario', file, '--profile', 'axis')).err, /brings its own cameras/)
  assert.match(
    (await call('run', '--scenario', file, '--record', file, ...PORTS, '--address', net(23))).err,
    /is there already/,
  )
})

test('Ctrl-C ends the program with 0, and leaves no socket and no file behind', async () => {
  const { child, ready, ended } = await start('--profile', 'plain', '--address', net(24), '--control-port', '0')
  child.kill('SIGINT')
  assert.deepEqual(await ended, [EXIT_DONE, null])
  const [{ address, httpPort, rtspPort }] = ready.cameras
  for (const url of [`http://${address}:${httpPort}/`, `http://${address}:${rtspPort}/`, ready.control])
    await assert.rejects(fetch(url), url)
})

test('a scenario of which something failed ends with the code for "done in part"', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-scenario-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'squat.yaml')
  await using squatter = await squat(net(26))
  const steps = `steps: [{ at: 1ms, camera: plain-1, move: ${net(26)} }]`
  writeFileSync(
    file,
    `fleet: { address: ${net(25)}, http-port: ${squatter.port}, rtsp-port: 0, discovery-port: 0, cameras: [{ profile: plain }] }\n${steps}\n`,
  )
  const { code, out } = await call('run', '--scenario', file, '--once')
  assert.equal(code, EXIT_PARTLY)
  assert.match(out, /move to .*: Port \d+ on .* is taken/)
})

async function squat(address: string) {
  const server = createServer().listen(0, address)
  await once(server, 'listening')
  const bound = server.address()
  const port = typeof bound === 'object' && bound ? bound.port : 0
  return { port, [Symbol.asyncDispose]: async () => void server.close() }
}

test('with --json, errors are JSON too', async () => {
  for (const args of [
    ['run', '--what'],
    ['run', '--fault', 'nonsense'],
    ['run', '--once'],
    ['faults', 'zebra'],
    ['nothing'],
  ]) {
    const { code, err } = await call(...args, '--json')
    const { event, error, exit } = JSON.parse(err)
    assert.deepEqual([event, exit, code], ['error', EXIT_WRONG_USE, EXIT_WRONG_USE], args.join(' '))
    assert.ok(error.length > 10)
  }
})

test('the lists fit a terminal of 80 columns, and completion is what bash takes', async () => {
  for (const command of [['faults'], ['faults', 'rtsp'], ['profiles'], ['--help'], ['run', '--help']])
    for (const line of (await call(...command)).out.split('\n')) assert.ok(line.length <= 80, line)
  const { out } = await call('completion')
  assert.match(out, /--profile\) words='amcrest /)
  const bash = spawn('bash', ['-n'], { stdio: ['pipe', 'ignore', 'inherit'] })
  bash.stdin?.end(out)
  assert.deepEqual(await once(bash, 'exit'), [0, null])
})
