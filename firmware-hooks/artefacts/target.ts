/** One thing that `make dist` can make. */
export interface Target {
  readonly name: string
  readonly cpu: 'x64' | 'arm64'
  /** One file with all inside, or a folder that brings its C library along. */
  readonly kind: 'executable' | 'bundle'
  /** As Debian, and as `uname -m`, call the CPU. */
  readonly debian: string
  readonly machine: string
  /** As the compilers and Debian's library folders call it. */
  readonly triplet: string
}

const CPUS = {
  x64: { debian: 'amd64', machine: 'x86_64', triplet: 'x86_64-linux-gnu' },
  arm64: { debian: 'arm64', machine: 'aarch64', triplet: 'aarch64-linux-gnu' },
} as const

/** `linux-*` need a box with glibc; `linux-musl-*` need nothing but a kernel, and are for OpenWrt and its like. */
export const TARGETS: readonly Target[] = (['x64', 'arm64'] as const).flatMap((cpu) => [
  { name: `linux-${cpu}`, cpu, kind: 'executable' as const, ...CPUS[cpu] },
  { name: `linux-musl-${cpu}`, cpu, kind: 'bundle' as const, ...CPUS[cpu] },
])

/** @throws Error naming what there is, where one of the names is unknown */
export function targetsNamed(names: string): Target[] {
  if (names === 'all') return [...TARGETS]
  return names.split(',').map((name) => {
    const target = TARGETS.find((each) => each.name === name)
    if (target) return target
    const why = /arm(v7|$|hf)/.test(name) ? ' (for armv7 see docs/firmware.md)' : ''
    throw new Error(
      `there is no target ${name}${why}: say all, or some of ${TARGETS.map((each) => each.name).join(',')}`,
    )
  })
}
