import { type FaultKind, plainly, usually } from './kinds.ts'

/** What goes wrong with RTP and RTCP packets. */
export const RTP_PACKET_FAULTS = {
  'rtp-loss': usually(5, 'percent', 'loses that many of its packets, the same ones in each session'),
  'rtp-reorder': usually(5, 'percent', 'sends that many of its packets after the next one'),
  'rtp-duplicate': usually(5, 'percent', 'sends that many of its packets twice'),
  'rtp-bursts': usually(1000, 'milliseconds', 'gathers its packets for that long and sends them all at once'),
  'rtp-sequence-jump': usually(5, 'seconds', 'jumps 1,000 sequence numbers ahead that often'),
  'rtp-timestamp-jump': usually(
    60,
    'seconds',
    'jumps that far ahead (back, if negative) once a stream plays for a second',
  ),
  'rtp-timestamp-frozen': plainly('sends all pictures with one timestamp'),
  'rtp-clock-rate': usually(8000, 'hertz', 'counts its timestamps at that rate, whatever the description says'),
  'rtp-ssrc-change': usually(5, 'seconds', 'takes another SSRC that often'),
  'rtp-marker-missing': plainly('marks the end of no picture'),
  'rtp-marker-always': plainly('marks every packet as the end of a picture'),
  'rtp-payload-type-wrong': plainly('sends another payload type than it describes'),
  'rtp-padding': plainly('pads every packet'),
  'rtp-header-extension': plainly('puts a header extension into every packet'),
  'rtp-csrc': plainly('names two contributing sources in every packet'),
  'rtp-other-port': plainly('sends its UDP packets from another port than it told'),
  'rtcp-none': plainly('sends no sender reports'),
  'rtcp-ntp-wrong': usually(3600, 'seconds', 'tells a time that far ahead (behind, if negative) in its sender reports'),
  'rtcp-truncated': plainly('cuts its sender reports after their eighth byte'),
} as const satisfies Record<string, FaultKind>

/** What goes wrong with the pictures in them, and with the sound. */
export const RTP_PICTURE_FAULTS = {
  'sps-change': usually(5, 'seconds', 'streams another size for every other such time, and describes only the first'),
  'sets-not-in-band': plainly('sends parameter sets in the description alone'),
  'keyframes-rare': usually(10, 'seconds', 'leaves out all keyframes but one in that time'),
  'play-mid-gop': plainly('begins to play with the next picture, keyframe or not'),
  'stap-a': plainly('sends small NAL units together in one packet (in H.265 as aggregation packets)'),
  'fu-no-end': plainly('never says that a fragment is a NAL unit’s last'),
  'fu-single': plainly('sends small NAL units as one fragment that is both first and last'),
  'access-unit-delimiters': plainly('begins every picture with an access unit delimiter'),
  'nal-unknown': plainly('sends NAL units of a reserved type too'),
  'nal-start-codes': plainly('puts a start code before NAL units that it sends whole'),
  'rtp-empty': plainly('sends an empty packet before each picture'),
  'video-silent': plainly('plays the sound and never sends a picture'),
  'audio-silent': plainly('plays the picture and never sends a sound'),
} as const satisfies Record<string, FaultKind>

export const RTP_FAULTS = { ...RTP_PACKET_FAULTS, ...RTP_PICTURE_FAULTS } as const
