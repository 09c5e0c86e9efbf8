import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const INSTALL_MS = 5 * 60_000
const RUN_MS = 3 * 60_000
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024

/** The path of a Python that has lxml. Throws RangeError that says what to install. */
export async function pythonWithLxml(environment: string): Promise<string> {
  const script = fileURLToPath(new URL('ensure-python.sh', import.meta.url))
  try {
    const { stdout } = await promisify(execFile)('sh', [script, environment], { timeout: INSTALL_MS })
    return stdout.trim().split('\n').at(-1) ?? 'python3'
  } catch (cause) {
    const complaint = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
    throw new RangeError(complaint, { cause })
  }
}

/** Runs a script to its end, whatever its exit code, and gives all that it printed. */
export function runPython(python: string, args: readonly string[]): Promise<string> {
  const options = { timeout: RUN_MS, maxBuffer: OUTPUT_BYTES_MAX }
  return new Promise((resolve) => {
    execFile(python, ['-B', '-W', 'ignore', ...args], options, (_error, stdout, stderr) =>
      resolve(`${stdout}${stderr}`),
    )
  })
}
