import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { runAsIn } from './trust.ts'

it('hooks of an agent that runs as root run as nobody, unless its installer names somebody', async (t) => {
  const hooksDir = mkdtempSync(join(tmpdir(), 'lenscap-hooks-'))
  t.after(() => rmSync(hooksDir, { recursive: true }))
  assert.equal(await runAsIn(hooksDir, 1000), undefined, 'an agent that is not root has no choice')
  assert.deepEqual(await runAsIn(hooksDir, 0), { uid: 65_534, gid: 65_534 })
  const path = join(hooksDir, 'run-as')
  // Who runs the tests may not be root: such a file is as good as none, since anybody could have put it there.
  writeFileSync(path, '0:0\n')
  chmodSync(path, 0o644)
  if (process.getuid?.() === 0) assert.deepEqual(await runAsIn(hooksDir, 0), { uid: 0, gid: 0 })
  else await assert.rejects(runAsIn(hooksDir, 0), /belongs to user/)
  chmodSync(path, 0o666)
  await assert.rejects(runAsIn(hooksDir, 0), /others may write/)
  chmodSync(path, 0o644)
  writeFileSync(path, '1000')
  await assert.rejects(runAsIn(hooksDir, 0), /others may|must say UID:GID|belongs to user/)
})
