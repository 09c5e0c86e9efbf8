import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PROFILE_NAMES } from '../profiles/catalogue.ts'
import { EXIT_DONE, EXIT_FAILED, EXIT_WRONG_USE, program } from './program.ts'

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
  assert.match((await call('faults')).out, /clock-skew=SECONDS/)
  const { code, out } = await call('profiles', '--json')
  assert.equal(code, EXIT_DONE)
  assert.equal(JSON.parse(out).length, PROFILE_NAMES.length)
  assert.match((await call('profiles')).out, /reolink .*; faults of its own: services-undeclared-prefix\n/)
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
  const args = ['run', '--json', '--address', '127.91.5.1', '--cameras', '7', '--control-port', '0', ...PORTS]
  const child = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url)), ...args])
  try {
    const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) })
    const { cameras, password, control } = JSON.parse(String(line))
    assert.deepEqual(
      cameras.map((camera: { address: string }) => camera.address),
      [1, 2, 3, 4, 5, 6, 7].map((last) => `127.91.5.${last}`),
    )
    assert.match(password, /^[\w-]{12}$/)
    assert.match(await (await fetch(`${control}/cameras`)).text(), /"id":"[a-z0-9]+-7"/)
    const failed = await call(
      'run',
      '--address',
      '127.91.5.1',
      '--profile',
      'axis',
      '--port',
      String(cameras[0].httpPort),
    )
    assert.equal(failed.code, EXIT_FAILED)
    assert.match(failed.err, /^Port \d+ on 127\.91\.5\.1 is taken: .*\.\n$/)
  } finally {
    child.kill('SIGTERM')
  }
  const [code] = await once(child, 'exit')
  assert.equal(code, EXIT_DONE)
})
