import type { Program } from '../program.ts'
import { PASSWORD, startSimulator } from '../simulator/start.ts'

/** What a simulated camera is, as the simulator tells it. */
export interface Truth {
  readonly address: string
  readonly httpPort: number
  readonly serial: string
  readonly firmware: string
}

export const USER = 'admin'
export { PASSWORD }

/** Brands with one lens each; the simulator takes them in turn. */
const PROFILES = ['amcrest', 'hikvision', 'reolink', 'axis', 'tapo', 'vigi', 'pelco', 'sunba', 'xm', 'plain']

/** That many cameras of many brands, each with the weaknesses of its own brand, which nothing happens to. */
export function startCameras(count: number): Promise<Program> {
  return startSimulator(
    count,
    PROFILES.flatMap((profile) => ['--profile', profile]),
  )
}

export function truthOf(simulator: Program): readonly Truth[] {
  const { cameras }: { cameras: readonly Truth[] } = JSON.parse(simulator.ready)
  return cameras
}
