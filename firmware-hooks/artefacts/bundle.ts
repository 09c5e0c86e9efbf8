import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { leanBuiltins } from './lean-builtins.ts'
import { leanPackages } from './lean-packages.ts'

const root = join(import.meta.dirname, '../..')

/** As every program is bundled: for Node 24, with the native database addon outside. */
const COMMON: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  external: ['better-sqlite3'],
  plugins: [leanBuiltins],
  // CommonJS packages inside an ES module bundle still ask for these.
  banner: {
    js: "import { createRequire as lenscapRequire } from 'node:module'\nconst require = lenscapRequire(import.meta.url)",
  },
  legalComments: 'linked',
  logLevel: 'warning',
}

/** One file for a program. The files that went into it, from the repository's root. */
export async function bundleWhole(name: string, entry: string, outdir: string): Promise<string[]> {
  const { metafile } = await build({ ...COMMON, metafile: true, entryPoints: { [name]: entry }, outdir })
  return Object.keys(metafile.inputs)
}

/** One file of a program that is in parts. */
export interface BundledPart {
  /** The source that it is for, where it is loaded by name. */
  readonly entry: string | undefined
  /** The parts that are evaluated before it: all that it imports other than on demand. */
  readonly imports: readonly string[]
  /** Whose code is in it, by path. */
  readonly sources: readonly string[]
  readonly bytes: number
}

/**
 * A file for a program, and others beside it that it loads when it needs them: Node keeps the source of all it ever
 * loaded in memory, so there is no space and no comment in it either. Names stay, for the traces of errors. Gives the parts
 * by path.
 */
export async function bundleInParts(
  name: string,
  entry: string,
  outdir: string,
): Promise<ReadonlyMap<string, BundledPart>> {
  const parts = { splitting: true, chunkNames: `${name}-[name]-[hash]` }
  const small = { minifyWhitespace: true, minifySyntax: true, plugins: [leanBuiltins, leanPackages] }
  const options = { ...COMMON, ...parts, ...small, entryPoints: { [name]: entry }, outdir }
  const { metafile } = await build({ ...options, metafile: true })
  return new Map(
    Object.entries(metafile.outputs).map(([path, { entryPoint, imports, inputs, bytes }]) => {
      const first = imports.filter(({ kind }) => kind === 'import-statement').map((imported) => imported.path)
      return [path, { entry: entryPoint, imports: first, sources: Object.keys(inputs), bytes }]
    }),
  )
}
