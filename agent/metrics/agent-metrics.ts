import type { HealthLevel } from '../protocol/camera.ts'
import type { ProcessFacts } from './process-facts.ts'
import type { Metric } from './prometheus.ts'

/** What the agent counts. No credential, no address, no name: of a camera, its id alone. */
export interface AgentFacts {
  readonly version: string
  readonly uptimeS: number
  readonly connected: boolean
  readonly connects: number
  readonly cap: boolean
  readonly spool: { readonly messages: number; readonly bytes: number; readonly dropped: number }
  /** Messages that the broker took and their bytes of payload, since the start, by the message's name. */
  readonly published: ReadonlyMap<string, { readonly messages: number; readonly bytes: number }>
  /** How often a silent bridge made the box send again, and what came down that was none of ours. */
  readonly resends: number
  readonly junk: number
  readonly cameras: readonly { readonly camera: string; readonly level: HealthLevel | 'unknown' }[]
  /** Media that left, ever, and what waits. */
  readonly egress: {
    readonly items: number
    readonly bytes: number
    readonly queuedItems: number
    readonly queuedBytes: number
  }
  readonly process: ProcessFacts
}

const LEVELS = ['up', 'up-without-auth', 'reachable', 'unreachable', 'unknown'] as const

const flag = (is: boolean) => (is ? 1 : 0)

/** All metrics of one agent. */
export function metricsOf(facts: AgentFacts): Metric[] {
  const { spool, egress, process, cameras } = facts
  const gauge = (name: string, help: string, value: number): Metric => ({
    name,
    help,
    type: 'gauge',
    samples: [{ value }],
  })
  const counter = (name: string, help: string, value: number): Metric => ({
    ...gauge(name, help, value),
    type: 'counter',
  })
  const published = [...facts.published]
  return [
    {
      ...gauge('lenscap_build_info', 'The release that runs.', 1),
      samples: [{ labels: { version: facts.version }, value: 1 }],
    },
    gauge('lenscap_uptime_seconds', 'Since the agent started.', facts.uptimeS),
    gauge('lenscap_mqtt_connected', 'Whether the broker is there.', flag(facts.connected)),
    counter('lenscap_mqtt_connects_total', 'Connections to the broker.', facts.connects),
    {
      ...counter('lenscap_messages_total', 'Messages that the broker took.', 0),
      samples: published.map(([kind, { messages: value }]) => ({ labels: { kind }, value })),
    },
    {
      ...counter('lenscap_messages_bytes_total', 'Bytes of payload that the broker took.', 0),
      samples: published.map(([kind, { bytes: value }]) => ({ labels: { kind }, value })),
    },
    counter('lenscap_resends_total', 'How often the silence of the bridge made the agent send again.', facts.resends),
    counter('lenscap_junk_total', 'Messages that came down and were none of ours.', facts.junk),
    gauge('lenscap_spool_messages', 'Messages on disk that wait for their acknowledgement.', spool.messages),
    gauge('lenscap_spool_bytes', 'Their bytes.', spool.bytes),
    counter('lenscap_spool_dropped_total', 'Messages let go because the spool was full.', spool.dropped),
    {
      ...gauge('lenscap_cameras', 'Cameras by how they are.', 0),
      samples: LEVELS.map((level) => ({
        labels: { level },
        value: cameras.filter((each) => each.level === level).length,
      })),
    },
    {
      ...gauge('lenscap_camera_up', 'Whether a camera answers and lets the agent in.', 0),
      samples: cameras.map(({ camera, level }) => ({ labels: { camera }, value: flag(level === 'up') })),
    },
    gauge('lenscap_cap_on', 'Whether the cap is on, so that no media leaves.', flag(facts.cap)),
    counter('lenscap_egress_items_total', 'Pieces of media that left the box, ever.', egress.items),
    counter('lenscap_egress_bytes_total', 'Bytes of media that left the box, ever.', egress.bytes),
    gauge('lenscap_egress_queued_items', 'Pieces of media that wait to leave.', egress.queuedItems),
    gauge('lenscap_egress_queued_bytes', 'Their bytes.', egress.queuedBytes),
    gauge('process_resident_memory_bytes', 'Resident memory.', process.residentBytes),
    counter('process_cpu_seconds_total', 'Processor time, user and system.', process.cpuS),
    gauge(
      'lenscap_event_loop_lag_seconds',
      'The longest delay of the event loop since the last look.',
      process.lagMaxS,
    ),
  ]
}
