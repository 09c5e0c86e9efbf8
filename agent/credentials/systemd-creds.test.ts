import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { Secret } from '../base/secret.ts'
import { openKeys } from './keys.ts'
import { CredentialStore } from './store.ts'
import { SYSTEMD_CREDENTIAL, type SystemdCreds } from './systemd-creds.ts'

const admin = { username: 'admin', password: new Secret('Kamera-4711') }

/** Turns letters round and wants the right name, as the real one does; what it was called with stays beside it. */
const STAND_IN = `#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/calls"
[ "$2" = "--name=${SYSTEMD_CREDENTIAL}" ] || { echo "Embedded credential name does not match" >&2; exit 1; }
case "$1" in
  encrypt) echo "bound by $3"; tr 'A-Za-z' 'N-ZA-Mn-za-m' ;;
  decrypt) tail -n +2 "$3" | tr 'A-Za-z' 'N-ZA-Mn-za-m' ;;
esac
`

/** A box with a password in its store, and one's own `systemd-creds` on its PATH; none where there is no script. */
async function box(t: TestContext, script?: string) {
  const root = mkdtempSync(join(tmpdir(), 'systemd-creds-'))
  t.after(() => rmSync(root, { recursive: true }))
  const [bin, folder] = [join(root, 'bin'), join(root, 'state')]
  mkdirSync(bin)
  mkdirSync(folder, { mode: 0o700 })
  const put = (text: string) => writeFileSync(join(bin, 'systemd-creds'), text, { mode: 0o755 })
  if (script !== undefined) put(script)
  const path = script === undefined ? bin : `${bin}${delimiter}${process.env['PATH']}`
  const tool: SystemdCreds = { env: { PATH: path } }
  const store = (more: SystemdCreds = {}) => new CredentialStore(folder, '', { ...tool, ...more })
  await store().add(admin, [])
  const opened = async () => (await store().read()).sets.map(({ password }) => password.reveal())
  const files = () => readdirSync(folder).toSorted()
  const calls = () => readFileSync(join(bin, 'calls'), 'utf8')
  return { folder, bin, tool, put, store, opened, files, calls }
}

const UNBOUND = ['credentials.key', 'credentials.sealed']
const BOUND = ['credentials.key.cred', 'credentials.sealed']

describe('a key that is bound to the machine', () => {
  it('opens the store as before, is in no readable file, and never stood in an argument', async (t) => {
    const { folder, tool, store, opened, files, calls } = await box(t, STAND_IN)
    const before = await openKeys(folder, '', tool)
    const [key = ''] = readFileSync(join(folder, 'credentials.key'), 'utf8').split('\n')
    assert.equal(await store().bind('host+tpm2'), join(folder, 'credentials.key.cred'))
    assert.deepEqual(files(), BOUND)
    assert.deepEqual(await opened(), ['Kamera-4711'])
    assert.equal((await openKeys(folder, '', tool)).mark('a'), before.mark('a'), 'what was refused stays refused')
    assert.match(calls(), /^encrypt --name=\S+ --with-key=host\+tpm2 - -$/m)
    assert.ok(!calls().includes(key))
    await assert.rejects(store().bind('auto'), { kind: 'unsupported' })
    await assert.rejects(store().rotate(), { kind: 'unsupported' })
  })

  it('is the same where systemd hands it to the service', async (t) => {
    const { folder, store, tool } = await box(t, STAND_IN)
    const before = await openKeys(folder, '', tool)
    writeFileSync(join(folder, SYSTEMD_CREDENTIAL), readFileSync(join(folder, 'credentials.key')))
    await store().bind('host')
    const handed = await openKeys(folder, folder, { env: { PATH: '' } })
    assert.deepEqual([handed.from, handed.id, handed.mark('a')], ['systemd', before.id, before.mark('a')])
  })

  const failing: readonly [name: string, script: string | undefined, kind: string, words: RegExp][] = [
    ['is not installed', undefined, 'unsupported', /is not installed/],
    ['fails', '#!/bin/sh\necho "Permission denied" >&2; exit 1\n', 'storage', /run this as root.*Permission denied/],
    ['hangs', '#!/bin/sh\nexec sleep 600\n', 'timeout', /did not encrypt/],
    ['writes without end', '#!/bin/sh\nexec yes\n', 'storage', /can't encrypt/],
    ['gives back another', '#!/bin/sh\necho nonsense\n', 'invalid', /holds no key/],
  ]
  for (const [name, script, kind, words] of failing) {
    it(`stays as it was where systemd-creds ${name}, and says so without a secret`, async (t) => {
      const { folder, store, opened, files } = await box(t, script)
      const key = readFileSync(join(folder, 'credentials.key'), 'utf8')
      await assert.rejects(store({ timeoutMs: kind === 'timeout' ? 300 : 20_000 }).bind('auto'), (error) => {
        const shown = inspect(error, { depth: 9, showHidden: true })
        for (const part of key.trim().split('\n')) assert.ok(!shown.includes(part))
        return error instanceof Error && words.test(error.message) && 'kind' in error && error.kind === kind
      })
      assert.deepEqual([files(), readFileSync(join(folder, 'credentials.key'), 'utf8')], [UNBOUND, key])
      assert.deepEqual(await opened(), ['Kamera-4711'])
    })
  }

  it('is not made anew where it can not be opened: the store stays for the day when it can', async (t) => {
    const { folder, put, store, files, opened } = await box(t, STAND_IN)
    await store().bind('auto')
    const sealed = readFileSync(join(folder, 'credentials.sealed'), 'utf8')
    put('#!/bin/sh\necho "No TPM2 device found" >&2; exit 1\n')
    await assert.rejects(store().add(admin, []), { kind: 'storage', message: /decrypt.*No TPM2 device found/ })
    assert.deepEqual([files(), readFileSync(join(folder, 'credentials.sealed'), 'utf8')], [BOUND, sealed])
    put(STAND_IN)
    assert.deepEqual(await opened(), ['Kamera-4711'])
  })

  it('counts as not bound where the power was cut before the readable one went', async (t) => {
    const { folder, store, opened, files } = await box(t, STAND_IN)
    const key = readFileSync(join(folder, 'credentials.key'))
    await store().bind('auto')
    writeFileSync(join(folder, 'credentials.key'), key, { mode: 0o600 })
    assert.deepEqual(await opened(), ['Kamera-4711'])
    await store().bind('auto')
    assert.deepEqual(files(), BOUND)
  })

  // The real one keeps a secret of the machine: where there is none yet, a test must not be what makes it.
  const isHere = process.getuid?.() === 0 && existsSync('/var/lib/systemd/credential.secret') && works()
  it('opens with the real systemd-creds', { skip: isHere ? false : 'needs root and systemd-creds' }, async (t) => {
    const { folder } = await box(t)
    const store = new CredentialStore(folder, '')
    await store.bind('host')
    assert.deepEqual(readdirSync(folder).toSorted(), BOUND)
    assert.equal((await store.read()).sets[0]?.password.reveal(), 'Kamera-4711')
    assert.deepEqual(
      UNBOUND.filter((name) => existsSync(join(folder, name))),
      ['credentials.sealed'],
    )
  })
})

function works(): boolean {
  try {
    execFileSync('systemd-creds', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
