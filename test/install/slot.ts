import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fillSlot } from '../../firmware-hooks/artefacts/slot.ts'

/** A release as it is unpacked, with a program that says which it is: installing does not care what it installs. */
export async function slotOf(version: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lenscap-slot-'))
  mkdirSync(join(folder, 'bin'))
  const program = `#!/bin/sh\ncase $1 in run) exec sleep 600 ;; config | doctor) exit 0 ;; *) echo ${version} ;; esac\n`
  writeFileSync(join(folder, 'bin/lenscap-agent'), program, { mode: 0o755 })
  await fillSlot(folder, version, '{}\n')
  return folder
}
