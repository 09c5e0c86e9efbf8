// Hooks for tests. No tests of its own.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { systemClock } from '../base/clock.ts'

/** A folder of hooks, by `event/name`, that run as whoever runs the tests. */
export function hookFolder(t: TestContext, scripts: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-hooks-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  putHooks(folder, scripts)
  return folder
}

/** The same into a folder that is there. */
export function putHooks(folder: string, scripts: Readonly<Record<string, string>>): void {
  const put = (path: string, text: string, mode: number) => {
    mkdirSync(dirname(path), { recursive: true })
    chmodSync(dirname(path), 0o755)
    writeFileSync(path, text)
    chmodSync(path, mode)
  }
  put(join(folder, 'run-as'), `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}\n`, 0o644)
  for (const [name, body] of Object.entries(scripts)) put(join(folder, name), `#!/bin/sh\n${body}\n`, 0o755)
}

/** @throws Error naming what did not come in time */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const endMs = performance.now() + 30_000
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`)
    await systemClock.sleep(10)
  }
}
