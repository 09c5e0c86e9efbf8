import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync, verify } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { makeDeb, makeIpk, makeTarball } from '../../firmware-hooks/artefacts/packages.ts'
import { packagesOf, sbomOf } from '../../firmware-hooks/artefacts/sbom.ts'
import { signFile, writeSums } from '../../firmware-hooks/artefacts/sign.ts'
import { tarOf, withFolders } from '../../firmware-hooks/artefacts/tar.ts'
import { targetsNamed } from '../../firmware-hooks/artefacts/target.ts'
import { slotOf } from './slot.ts'

const [target] = targetsNamed('linux-x64')
const hasXz = spawnSync('xz', ['--version']).status === 0

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-packages-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

async function made(t: TestContext) {
  assert.ok(target)
  const slot = await slotOf('1.0.0')
  t.after(() => rmSync(slot, { recursive: true }))
  return { target, slot, version: '1.0.0', timeS: 1_700_000_000, output: folderFor(t) }
}

describe('packages', () => {
  it('are the same for the same content, whenever and wherever they are made', async (t) => {
    const [one, two] = [await made(t), await made(t)]
    utimesSync(join(two.slot, 'VERSION'), 1, 1)
    const makers = hasXz ? [makeIpk, makeDeb, makeTarball] : [makeIpk]
    for (const make of makers) {
      const [first, second] = [readFileSync(await make(one)), readFileSync(await make(two))]
      assert.ok(first.equals(second), make.name)
      const later = readFileSync(await make({ ...two, timeS: 1_800_000_000 }))
      assert.equal(first.equals(later), false, 'the time that is given is in it')
    }
  })

  it('hold scripts that begin with what install.sh does, and a program that others may run', async (t) => {
    const path = await makeIpk(await made(t))
    const outer = folderFor(t)
    execFileSync('tar', ['-xzf', path, '-C', outer])
    execFileSync('tar', ['-xzf', join(outer, 'control.tar.gz'), '-C', outer])
    for (const name of ['preinst', 'postinst', 'prerm', 'postrm']) {
      assert.equal(spawnSync('sh', ['-n', join(outer, name)]).status, 0)
      assert.match(readFileSync(join(outer, name), 'utf8'), /make_user\(\)/)
    }
    const listing = execFileSync('tar', ['-tvzf', join(outer, 'data.tar.gz')], { encoding: 'utf8' })
    assert.match(listing, /^-rwxr-xr-x root\/root .* \.\/opt\/lenscap\/slots\/a\/bin\/lenscap-agent$/m)
    assert.match(listing, /^-rw-r--r-- root\/root .* \.\/opt\/lenscap\/slots\/a\/VERSION$/m)
    assert.match(listing, /usr\/bin\/lenscap-agent -> \/opt\/lenscap\/current\/bin\/lenscap-agent$/m)
  })

  it('are refused where the box has another CPU', async (t) => {
    const outer = folderFor(t)
    const [arm] = targetsNamed('linux-arm64')
    assert.ok(arm)
    for (const [each, status] of [
      [arm, 1],
      [await made(t).then((x) => x.target), 0],
    ] as const) {
      execFileSync('tar', ['-xzf', await makeIpk({ ...(await made(t)), target: each }), '-C', outer])
      execFileSync('tar', ['-xzf', join(outer, 'control.tar.gz'), '-C', outer])
      const tools = folderFor(t)
      writeFileSync(join(tools, 'uname'), '#!/bin/sh\necho x86_64\n', { mode: 0o755 })
      const env = { PATH: `${tools}:${process.env['PATH']}` }
      assert.equal(spawnSync('sh', [join(outer, 'preinst'), 'install'], { env }).status, status)
    }
  })
})

describe('a release', () => {
  it('is signed with the key of its maker, and checked by what every box has', async (t) => {
    const folder = folderFor(t)
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const key = join(folder, 'key.pem')
    writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    writeFileSync(join(folder, 'b'), 'second')
    writeFileSync(join(folder, 'a'), 'first')
    const sums = await writeSums(folder, [join(folder, 'b'), join(folder, 'a')])
    execFileSync('sha256sum', ['-c', basename(sums)], { cwd: folder })
    const signature = readFileSync(await signFile(sums, key))
    assert.equal(verify(null, readFileSync(sums), publicKey, signature), true)
    assert.equal(verify(null, Buffer.from(`${readFileSync(sums, 'utf8')} `), publicKey, signature), false)
    writeFileSync(key, 'not a key: canary')
    await assert.rejects(
      signFile(sums, key),
      (error: Error) => /holds no private key/.test(error.message) && !/canary/.test(error.message),
    )
    writeFileSync(
      key,
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    )
    await assert.rejects(signFile(sums, key), /is no Ed25519 key/)
  })

  it('says of what it is made, the same for the same', async () => {
    const root = join(import.meta.dirname, '../..')
    const inputs = [
      'agent/cli/main.ts',
      'node_modules/zod/index.js',
      'node_modules/zod/v4/core/core.js',
      'node_modules/@tus/server/dist/index.js',
    ]
    const parts = await packagesOf(root, inputs)
    assert.deepEqual(parts.map(({ name }) => name).sort(), ['@tus/server', 'zod'])
    const bom = sbomOf('linux-x64', '1.0.0', 1_700_000_000, parts)
    assert.equal(bom, sbomOf('linux-x64', '1.0.0', 1_700_000_000, parts.toReversed()))
    const { bomFormat, specVersion, serialNumber, components } = JSON.parse(bom)
    assert.deepEqual([bomFormat, specVersion, components.length], ['CycloneDX', '1.6', 2])
    assert.match(serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.match(components[0].purl, /^pkg:npm\/%40tus\/server@/)
  })

  it('names the targets that there are, and says why armv7 is none', () => {
    assert.equal(targetsNamed('all').length, 4)
    assert.throws(() => targetsNamed('linux-armv7'), /for armv7 see docs\/firmware\.md/)
  })
})

describe('archives', () => {
  it('are read by tar as they were written, long paths and links included', (t) => {
    const folder = folderFor(t)
    const long = `${'a'.repeat(60)}/${'b'.repeat(60)}/c`
    const entries = withFolders([
      { path: long, mode: 0o755, data: Buffer.from('x'.repeat(700)) },
      { path: 'l', mode: 0o777, link: `${'a'.repeat(60)}/d` },
      { path: `${'a'.repeat(60)}/d`, mode: 0o644, data: Buffer.from('linked') },
    ])
    writeFileSync(join(folder, 'x.tar'), tarOf(entries, 1_700_000_000))
    mkdirSync(join(folder, 'out'))
    execFileSync('tar', ['-xf', join(folder, 'x.tar'), '-C', join(folder, 'out')])
    assert.equal(readFileSync(join(folder, 'out', long), 'utf8'), 'x'.repeat(700))
    assert.equal(readFileSync(join(folder, 'out/l'), 'utf8'), 'linked')
    assert.throws(() => tarOf([{ path: 'l', mode: 0o777, link: long }], 0), /too long/)
    assert.throws(() => tarOf([{ path: 'd'.repeat(300), mode: 0o644 }], 0), /too long/)
  })
})
