import { join } from 'node:path'
import { Demo } from './demo.ts'
import { readOptions } from './options.ts'
import { Screen } from './screen.ts'

/** A former demo is the likeliest holder of a port. */
const ADVICE = `If a demo runs already, end that one; otherwise choose other places, for example:
  make demo ARGS="--http-port 8580 --mqtt-port 18930 --control-port 8590 --address 127.77.1.11"
`
const root = join(import.meta.dirname, '../..')
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort())

/** Runs the demo until Ctrl-C; says in a sentence what stands in its way. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), join(root, 'build/demo'))
  const screen = new Screen(process.stdout)
  const demo = new Demo(root, options, (step) => screen.step(step))
  try {
    await demo.start(stopping.signal)
    await demo.watch(stopping.signal, (facts) => screen.show(facts))
  } finally {
    screen.end()
    const left = await demo.stop()
    process.stdout.write(left.length === 0 ? 'Everything has stopped.\n' : `Had to be ended: ${left.join(', ')}.\n`)
  }
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  if (!stopping.signal.aborted) {
    process.stderr.write(`\n${message}\n${/ is taken/.test(message) ? ADVICE : ''}`)
    process.exitCode = 1
  }
}
