import type { Systeminformation } from 'systeminformation'
import { HostFacts } from '../protocol/host.ts'

/** The calls of the library that this room uses. */
export type HostProbe = Pick<
  typeof import('systeminformation'),
  'system' | 'osInfo' | 'cpu' | 'currentLoad' | 'mem' | 'fsSize' | 'cpuTemperature' | 'networkInterfaces'
>

const LOOPBACK = /^lo\d*$/

/**
 * What the box is and how it is doing. A fact that the box does not tell within the deadline stays empty (0, '' or []).
 * The library is loaded at the first call. Never throws.
 */
export async function readHost(probe?: HostProbe, deadlineMs = 1400): Promise<HostFacts> {
  const si = probe ?? (await import('systeminformation')).default
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => late.resolve(undefined), deadlineMs)
  const told = <T>(ask: () => Promise<T>): Promise<T | undefined> =>
    Promise.race([(async () => ask())().catch(() => undefined), late.promise])
  const [system, os, cpu, load, memory, disks, heat, interfaces] = await Promise.all([
    told(() => si.system()),
    told(() => si.osInfo()),
    told(() => si.cpu()),
    told(() => si.currentLoad()),
    told(() => si.mem()),
    told(() => si.fsSize()),
    told(() => si.cpuTemperature()),
    told(() => si.networkInterfaces()),
  ])
  clearTimeout(timer)
  return HostFacts.parse({
    model: words(256, system?.manufacturer, system?.model),
    os: words(256, os?.distro, os?.release),
    kernel: words(128, os?.kernel),
    arch: words(32, os?.arch ?? process.arch),
    cpu: {
      model: words(256, cpu?.manufacturer, cpu?.brand),
      cores: whole(cpu?.cores),
      loadPercent: tenths(load?.currentLoad),
    },
    memory: { totalBytes: whole(memory?.total), availableBytes: whole(memory?.available) },
    disks: (disks ?? []).slice(0, 32).map((disk) => ({
      mount: words(256, disk.mount),
      sizeBytes: whole(disk.size),
      usedBytes: whole(disk.used),
    })),
    temperatures: temperatures(heat),
    interfaces: (Array.isArray(interfaces) ? interfaces : [])
      .filter(({ iface }) => !LOOPBACK.test(iface))
      .slice(0, 32)
      .map(({ iface, mac, ip4, ip6 }) => ({
        name: words(64, iface),
        mac: words(32, mac),
        addresses: [ip4, ip6].filter(Boolean).map((address) => words(64, address)),
      })),
  })
}

function temperatures(heat: Systeminformation.CpuTemperatureData | undefined) {
  const named = [
    { name: 'cpu', celsius: heat?.main },
    { name: 'chipset', celsius: heat?.chipset },
    ...(heat?.cores ?? []).map((celsius, core) => ({ name: `core ${core}`, celsius })),
  ]
  return named
    .filter(({ celsius }) => Number.isFinite(celsius))
    .slice(0, 32)
    .map(({ name, celsius }) => ({ name, celsius: tenths(celsius) }))
}

const words = (lengthMax: number, ...parts: (string | undefined)[]): string =>
  parts
    .filter((part) => part !== undefined && part.trim() !== '' && part !== '-')
    .join(' ')
    .slice(0, lengthMax)

const finite = (value: number | null | undefined): number => (Number.isFinite(value) ? Number(value) : 0)
const whole = (value: number | null | undefined): number => Math.round(finite(value))
const tenths = (value: number | null | undefined): number => Math.round(finite(value) * 10) / 10
