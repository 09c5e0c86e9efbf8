import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { AGENT_ENVIRONMENT } from '../../firmware-hooks/artefacts/node-flags.ts'
import { slotOf } from './slot.ts'

/** The machine's shell, and BusyBox' where it is there. */
const SHELLS = [['sh'], ['busybox', 'sh']].filter(
  ([shell = '', ...args]) => spawnSync(shell, [...args, '-c', ':']).status === 0,
)
const services = join(import.meta.dirname, '../../firmware-hooks/install/services')

/** A root that an image is made in, with what an init system leaves there. */
function image(t: TestContext, init: 'systemd' | 'procd' | 'sysv'): string {
  const root = mkdtempSync(join(tmpdir(), 'lenscap-image-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const folder of ['etc/init.d', 'etc/rc.d', 'sbin', 'usr/bin', 'lib/systemd', 'var/lib'])
    mkdirSync(join(root, folder), { recursive: true })
  if (init === 'systemd') writeFileSync(join(root, 'lib/systemd/systemd'), '', { mode: 0o755 })
  if (init === 'procd') writeFileSync(join(root, 'sbin/procd'), '', { mode: 0o755 })
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\ntaken:x:420:\n')
  return root
}

async function release(t: TestContext, version: string): Promise<string> {
  const folder = await slotOf(version)
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function call(shell: readonly string[], slot: string, ...args: string[]) {
  const [program = 'sh', ...first] = shell
  const { status, stdout, stderr } = spawnSync(program, [...first, join(slot, 'install/install.sh'), ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** Every path with what matters of it. */
const listing = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .map((each) => join(each.parentPath, each.name))
    .map((path) => `${path} ${statSync(path, { throwIfNoEntry: false })?.mode}`)
    .sort()

for (const shell of SHELLS) {
  describe(`install.sh under ${shell.join(' ')}`, () => {
    it('installs into an image, upgrades into the other slot, and keeps all that was entered', async (t) => {
      const root = image(t, 'systemd')
      const [first, second] = [await release(t, '1.0.0'), await release(t, '1.1.0')]
      const provision = join(first, 'boxes.yaml')
      writeFileSync(provision, 'bridge: https://cameras.example.org # no password: here\n')
      const installed = call(shell, first, '--prefix', root, '--provision', provision)
      assert.equal(installed.status, 0, installed.stderr)
      const at = (path: string) => join(root, path)
      assert.equal(readlinkSync(at('opt/lenscap/current')), 'slots/a')
      assert.equal(readlinkSync(at('usr/bin/lenscap-agent')), '/opt/lenscap/current/bin/lenscap-agent')
      assert.equal(readFileSync(at('etc/lenscap/agent.yaml'), 'utf8'), readFileSync(provision, 'utf8'))
      assert.match(readFileSync(at('etc/passwd'), 'utf8'), /^lenscap:x:421:421:.*:\/bin\/false$/m)
      assert.equal(statSync(at('var/lib/lenscap')).mode & 0o777, 0o700)
      assert.equal(statSync(at('etc/lenscap')).mode & 0o777, 0o750)
      assert.equal(statSync(at('etc/lenscap/agent.yaml')).mode & 0o777, 0o640)
      assert.equal(readdirSync(at('var/lib/lenscap')).length, 0, 'nothing that one box alone has is in an image')
      assert.ok(existsSync(at('etc/systemd/system/lenscap-agent.service')))

      writeFileSync(at('etc/lenscap/agent.yaml'), 'bridge: https://other.example.org\n')
      writeFileSync(at('var/lib/lenscap/identity.json'), '{}')
      const upgraded = call(shell, second, '--prefix', root, '--provision', provision)
      assert.equal(upgraded.status, 0, upgraded.stderr)
      assert.equal(readlinkSync(at('opt/lenscap/current')), 'slots/b')
      assert.equal(readFileSync(at('opt/lenscap/slots/a/VERSION'), 'utf8'), '1.0.0\n', 'the former one is still there')
      assert.equal(readFileSync(at('opt/lenscap/current/VERSION'), 'utf8'), '1.1.0\n')
      assert.match(readFileSync(at('etc/lenscap/agent.yaml'), 'utf8'), /other/)
      assert.ok(existsSync(at('var/lib/lenscap/identity.json')))
      assert.equal(readFileSync(at('etc/passwd'), 'utf8').match(/^lenscap:/gm)?.length, 1)
    })

    it('removes the program alone, or all of it without a trace', async (t) => {
      for (const init of ['systemd', 'procd', 'sysv'] as const) {
        const root = image(t, init)
        const slot = await release(t, '1.0.0')
        const before = listing(root).filter((line) => !/etc\/(systemd|passwd|group)/.test(line))
        const [passwd, group] = [
          readFileSync(join(root, 'etc/passwd'), 'utf8'),
          readFileSync(join(root, 'etc/group'), 'utf8'),
        ]
        assert.equal(call(shell, slot, '--prefix', root).status, 0)
        writeFileSync(join(root, 'etc/lenscap/agent.yaml'), '')
        const installedSlot = join(root, 'opt/lenscap/current')
        assert.equal(call(shell, installedSlot, 'uninstall', '--prefix', root).status, 0)
        assert.equal(existsSync(join(root, 'opt/lenscap')), false)
        assert.ok(existsSync(join(root, 'etc/lenscap/agent.yaml')))
        assert.equal(call(shell, slot, 'uninstall', '--purge', '--prefix', root).status, 0)
        assert.deepEqual(
          listing(root).filter((line) => !/etc\/(systemd|passwd|group)/.test(line)),
          before,
          init,
        )
        assert.equal(readFileSync(join(root, 'etc/passwd'), 'utf8'), passwd)
        assert.equal(readFileSync(join(root, 'etc/group'), 'utf8'), group)
        const units = existsSync(join(root, 'etc/systemd'))
          ? readdirSync(join(root, 'etc/systemd'), { recursive: true })
          : []
        assert.deepEqual(
          units.filter((path) => String(path).includes('lenscap')),
          [],
        )
      }
    })

    it('makes the service that the box has a manager for', async (t) => {
      const slot = await release(t, '1.0.0')
      const made = {
        systemd: 'etc/systemd/system/multi-user.target.wants/lenscap-agent.service',
        procd: 'etc/rc.d/S95lenscap-agent',
        sysv: 'etc/init.d/S95lenscap-agent',
      }
      for (const [init, path] of Object.entries(made)) {
        const root = image(t, 'sysv')
        assert.equal(call(shell, slot, '--prefix', root, '--init', init).status, 0)
        assert.ok(readlinkSync(join(root, path)), init)
      }
    })

    it('says in a dry run what it would do, and does nothing', async (t) => {
      const root = image(t, 'systemd')
      const slot = await release(t, '1.0.0')
      const before = listing(root)
      for (const command of [['install'], ['uninstall', '--purge']]) {
        const { status, stdout } = call(shell, slot, ...command, '--prefix', root, '--dry-run')
        assert.equal(status, 0)
        assert.match(stdout, /^would: /m)
        assert.deepEqual(listing(root), before)
      }
      const { stdout } = call(shell, slot, '--prefix', root, '--dry-run')
      for (const said of ['opt/lenscap/slots/a', 'etc/passwd', 'chmod 0700', 'lenscap-agent.service', 'current.new'])
        assert.ok(stdout.includes(said), said)
    })

    it('refuses a file for all boxes that holds a secret, and then changes nothing', async (t) => {
      const root = image(t, 'systemd')
      const slot = await release(t, '1.0.0')
      const before = listing(root)
      const secrets = [
        'credentials: [{ username: admin, password: canary }]',
        'credentials:\n  - username: a\n    "passwordFile": /x',
        'mqtt:\n  keyFile: /x',
      ]
      for (const text of secrets) {
        const file = join(slot, 'boxes.yaml')
        writeFileSync(file, `${text}\n`)
        const { status, stderr, stdout } = call(shell, slot, '--prefix', root, '--provision', file)
        assert.equal(status, 1, text)
        assert.match(stderr, /names a password or a key/)
        assert.doesNotMatch(stderr + stdout, /canary/)
      }
      assert.deepEqual(listing(root), before)
      assert.equal(call(shell, slot, '--prefix', root, '--provision', '/nonexistent').status, 1)
      assert.equal(call(shell, slot, '--nonsense').status, 2)
      assert.equal(call(shell, slot, '--prefix', root, '--init', 'launchd').status, 2)
    })
  })
}

describe('the service files', () => {
  it('start the agent with the environment that saves memory', () => {
    for (const name of ['service', 'procd', 'sysv']) {
      const text = readFileSync(join(services, `lenscap-agent.${name}`), 'utf8')
      for (const [key, value] of Object.entries(AGENT_ENVIRONMENT))
        assert.ok(text.includes(`${key}=${value}`), `${name}: ${key}`)
    }
  })

  it('keep the agent running where the service manager does not, until they are told to stop', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'lenscap-keep-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const out = join(folder, 'out')
    const keep = join(services, '../keep.sh')
    // The second life tells its keeper to stop.
    const life = `echo life >> ${out}; [ $(wc -l < ${out}) -lt 2 ] || { kill -TERM $PPID; exec sleep 600; }`
    const { status } = spawnSync('sh', [keep, 'sh', '-c', life], { timeout: 60_000, stdio: 'ignore' })
    assert.equal(status, 0)
    assert.equal(readFileSync(out, 'utf8'), 'life\nlife\n')
  })
})
