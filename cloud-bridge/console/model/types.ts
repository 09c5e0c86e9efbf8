import type { ActivityView, AgentView, CameraView, EventView, ItemView } from '../../web/api.ts'

/** The contract's parts under names of their own; types only, so that no schema reaches the browser. */
export type CameraFacts = CameraView['facts']
export type HealthFacts = NonNullable<CameraView['health']>
export type HealthLevel = HealthFacts['level']
export type DiagnosisCode = HealthFacts['diagnoses'][number]['code']
export type EventKind = EventView['event']['kind']
export type MediaKind = ItemView['kind']
export type ActivityKind = ActivityView['kind']
export type HostFacts = NonNullable<AgentView['host']>

export type {
  ActivityView,
  AgentView,
  CameraView,
  ConsentView,
  ErasureReceipt,
  EventView,
  HeldView,
  ItemView,
  LedgerView,
  LiveNews,
  LogView,
  Overview,
  PrivacyView,
  SessionView,
} from '../../web/api.ts'
