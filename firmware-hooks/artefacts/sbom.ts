import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'

const PackageFile = z.object({ name: z.string(), version: z.string(), license: z.string().optional() })

/** A thing inside an artefact. */
export interface Component {
  readonly name: string
  readonly version: string
  readonly license?: string | undefined
  /** https://github.com/package-url/purl-spec */
  readonly purl: string
}

/** The packages that went into a bundle, by the files that the bundler read. */
export async function packagesOf(root: string, inputs: readonly string[]): Promise<Component[]> {
  const folders = inputs.flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0] ?? [])
  const found = await Promise.all([...new Set(folders)].map((folder) => componentIn(join(root, folder))))
  return found.flat()
}

/** The package in a folder; none where it has no description of its own. */
export async function componentIn(folder: string): Promise<Component[]> {
  const path = join(folder, 'package.json')
  if (!existsSync(path)) return []
  const { name, version, license } = PackageFile.parse(JSON.parse(await readFile(path, 'utf8')))
  return [{ name, version, license, purl: `pkg:npm/${name.replace('@', '%40')}@${version}` }]
}

/** A CycloneDX 1.6 bill of materials; the same for the same content, so its serial number is made of that. */
export function sbomOf(target: string, version: string, timeS: number, components: readonly Component[]): string {
  const sorted = components.toSorted((a, b) => (a.purl < b.purl ? -1 : 1))
  const hash = createHash('sha256')
    .update(JSON.stringify([target, version, sorted]))
    .digest('hex')
  const uuid = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`
  const agent = `pkg:generic/lenscap-agent@${version}?arch=${target}`
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuid}`,
    version: 1,
    metadata: {
      timestamp: new Date(timeS * 1000).toISOString(),
      component: { type: 'application', name: 'lenscap-agent', version, 'bom-ref': agent, purl: agent },
    },
    components: sorted.map(({ name, version: of, license, purl }) => ({
      ...{ type: 'library', 'bom-ref': purl, name, version: of, purl },
      ...(license !== undefined && {
        licenses: [{ [/ |\(/.test(license) ? 'expression' : 'license']: licenseOf(license) }],
      }),
    })),
    dependencies: [{ ref: agent, dependsOn: sorted.map(({ purl }) => purl) }],
  }
  return `${JSON.stringify(bom, undefined, 2)}\n`
}

const licenseOf = (license: string) => (/ |\(/.test(license) ? license : { id: license })
