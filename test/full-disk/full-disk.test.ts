import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const MOUNT_AND_RUN = 'mount -t tmpfs -o size=16m tmpfs "$1" && exec "$2" "$3" "$1"'

/** What the program on the small disk says of its queue; see there. */
async function onSmallDisk(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-small-disk-'))
  const program = join(import.meta.dirname, 'on-small-disk.ts')
  try {
    const args = ['-rm', 'sh', '-c', MOUNT_AND_RUN, 'sh', folder, process.execPath, program]
    const { stdout } = await run('unshare', args, { timeout: 60_000 })
    return JSON.parse(stdout)
  } catch (error) {
    throw new Error('This test needs "unshare -rm": run it as root, or allow unprivileged user namespaces', {
      cause: error,
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const said: Record<string, unknown> = await onSmallDisk()

test('on a full disk every message is still accepted, and the oldest go by name', () => {
  assert.equal(said['before'], 500)
  assert.equal(said['whileFull'], 500)
  assert.equal(said['isWhole'], true, 'no number is missing between the oldest and the newest')
  const { dropped, firstHeld, heldFull } = said
  assert.equal(Number(firstHeld), Number(dropped) + 1, 'what is not there is counted')
  assert.ok(Number(heldFull) > 700, `${heldFull} of 1100 are held`)
})

test('an agent that starts on a full disk finds its queue, and goes on', () => {
  assert.equal(said['afterRestart'], 100)
})

test('a queue on a full disk is emptied by what the bridge acknowledges', () => {
  assert.equal(said['trimmedTo'], Number(said['half']) + 1)
  assert.equal(said['left'], 0)
})

test('when there is room again, some is kept for the next time', () => {
  assert.equal(said['afterwards'], 100)
  assert.equal(said['hasBallast'], true)
})
