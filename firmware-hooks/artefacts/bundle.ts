import { join } from 'node:path'
import { type BuildOptions, type BuildResult, build } from 'esbuild'
import { leanBuiltins } from './lean-builtins.ts'

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
  return inputsOf(await build({ ...COMMON, metafile: true, entryPoints: { [name]: entry }, outdir }))
}

const inputsOf = ({ metafile }: BuildResult<{ metafile: true }>): string[] => Object.keys(metafile.inputs)

/**
 * A file for a program, and others beside it that it loads when it needs them: Node keeps the source of all it ever
 * loaded in memory, so there is no space and no comment in it either. Names stay, for the traces of errors.
 */
export async function bundleInParts(name: string, entry: string, outdir: string): Promise<string[]> {
  const parts = { splitting: true, chunkNames: `${name}-[name]-[hash]` }
  const small = { minifyWhitespace: true, minifySyntax: true }
  return inputsOf(
    await build({ ...COMMON, ...parts, ...small, metafile: true, entryPoints: { [name]: entry }, outdir }),
  )
}
