import type { CameraFacts } from './facts.ts'
import { mediaStreams } from './streams.ts'

export function mediaCapabilities(facts: CameraFacts): string {
  return (
    '<trt:Capabilities SnapshotUri="true" Rotation="false" OSD="false">' +
    `<trt:ProfileCapabilities MaximumNumberOfProfiles="${mediaStreams(facts).length}"/>` +
    '<trt:StreamingCapabilities RTPMulticast="false" RTP_TCP="true" RTP_RTSP_TCP="true"/></trt:Capabilities>'
  )
}

export function eventCapabilities(facts: CameraFacts): string {
  return (
    '<tev:Capabilities WSSubscriptionPolicySupport="false" WSPausableSubscriptionManagerInterfaceSupport="false" ' +
    `MaxNotificationProducers="1" MaxPullPoints="${facts.profile.pullPointsMax}" PersistentNotificationStorage="false"/>`
  )
}
