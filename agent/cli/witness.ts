import type { CameraFacts, EventFacts, HealthFacts } from '../protocol/camera.ts'
import type { Id } from '../protocol/envelope.ts'

/** Somebody on the box who is told what the agent tells its owner: the overview, Home Assistant. */
export interface Witness {
  camera(camera: Id, facts: CameraFacts): void
  health(camera: Id, health: HealthFacts): void
  event(camera: Id, event: EventFacts): void
}
