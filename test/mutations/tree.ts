import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Mutation } from './mutation.ts'

const COPIED = ['agent', 'cloud-bridge', 'simulator', 'test', 'package.json']
const LENT = ['node_modules', 'build']

/** A copy of the sources in which one thing at a time is wrong. */
export class Tree implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'lenscap-mutations-'))

  constructor(root: string) {
    for (const name of COPIED) cpSync(join(root, name), join(this.folder, name), { recursive: true })
    for (const name of LENT) symlinkSync(join(root, name), join(this.folder, name))
  }

  /** Makes it wrong, and says how to make it right again. @throws Error where the source has changed meanwhile */
  spoil({ what, edits }: Mutation): () => void {
    const before = new Map<string, string>()
    const restore = () => {
      for (const [file, source] of before) writeFileSync(join(this.folder, file), source)
    }
    for (const [file, from, to] of edits) {
      const path = join(this.folder, file)
      const source = readFileSync(path, 'utf8')
      if (source.split(from).length !== 2) {
        restore()
        throw new Error(
          `"${what}" wants "${from}" once in ${file}, which has it ${source.split(from).length - 1} times`,
        )
      }
      if (!before.has(file)) before.set(file, source)
      writeFileSync(
        path,
        source.replace(from, () => to.replace('$&', () => from)),
      )
    }
    return restore
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
