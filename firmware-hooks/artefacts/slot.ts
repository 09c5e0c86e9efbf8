import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { configJsonSchema } from '../../agent/config/schema.ts'
import { type Entry, withFolders } from './tar.ts'

const root = join(import.meta.dirname, '../..')

/** What lies in a slot besides the program: what installs, starts and removes it, its samples and its papers. */
export async function fillSlot(folder: string, version: string, sbom: string): Promise<void> {
  const share = join(folder, 'share')
  await mkdir(share, { recursive: true })
  await cp(join(root, 'firmware-hooks/install'), join(folder, 'install'), {
    recursive: true,
    filter: (source) => !/README\.md$|\.test\.ts$|\.ts$|\/maintainer$/.test(source),
  })
  await cp(join(root, 'firmware-hooks/hooks/samples'), join(share, 'hooks'), { recursive: true })
  await cp(join(root, 'docs/firmware.md'), join(share, 'firmware.md'))
  await cp(join(root, 'LICENSE'), join(share, 'LICENSE'))
  await writeFile(join(share, 'agent-config.schema.json'), `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`)
  await writeFile(join(share, 'sbom.cdx.json'), sbom)
  await writeFile(join(folder, 'VERSION'), `${version}\n`)
}

/** A folder as entries of an archive, below `at`; who may run what is kept, all else is as it is for everyone. */
export async function entriesOf(folder: string, at: string): Promise<Entry[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name))
  const entries = files.map(async (path): Promise<Entry> => {
    const mode = ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755
    return { path: `${at}/${relative(folder, path)}`, mode, data: await readFile(path) }
  })
  return withFolders(await Promise.all(entries))
}
