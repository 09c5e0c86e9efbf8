import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Phase } from './house.ts'
import { run } from './run.ts'

// Runs itself again in a network of its own, where it may make another one for the house.
const INSIDE = 'LENSCAP_LEAK_INSIDE'

process.env['PATH'] += ':/usr/sbin:/sbin'
if (process.env[INSIDE] === undefined) process.exitCode = await inNetworkOfItsOwn()
else await report()

async function inNetworkOfItsOwn(): Promise<number> {
  const ways = [['-n'], ['-rn']]
  const way = ways.find((args) => spawnSync('unshare', [...args, 'true']).status === 0)
  if (way === undefined) {
    process.stderr.write('The leak test needs a network of its own: run it as root, or allow user namespaces\n')
    return 1
  }
  const child = spawn('unshare', [...way, process.execPath, import.meta.filename, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  })
  const [code] = await once(child, 'exit')
  return Number(code ?? 1)
}

async function report(): Promise<void> {
  const startedMs = performance.now()
  const phases: Phase[] = []
  const line = (cells: readonly string[]) =>
    process.stdout.write(
      `${(cells[0] ?? '').padEnd(34)}${cells
        .slice(1)
        .map((cell) => cell.padStart(12))
        .join('')}\n`,
    )
  line(['permission', 'events', 'messages', 'packets', 'canaries', 'elsewhere'])
  await run((phase) => {
    phases.push(phase)
    const { name, events, told, packets, canaries, strangers, faults } = phase
    line([name, ...[events, told, packets, canaries, strangers].map(String)])
    for (const fault of faults) process.stdout.write(`  WRONG: ${fault}\n`)
  })
  const wrong = phases.filter(({ faults }) => faults.length > 0).length
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  process.stdout.write(wrong === 0 ? `Nothing leaks (${seconds} s)\n` : `${wrong} of ${phases.length} are wrong\n`)
  process.exitCode = wrong === 0 ? 0 : 1
}
