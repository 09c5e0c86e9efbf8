import { type FaultKind, plainly, usually } from './kinds.ts'

/** What goes wrong with answers and descriptions. */
export const RTSP_ANSWER_FAULTS = {
  'rtsp-options-501': plainly('answers OPTIONS with 501'),
  'rtsp-describe-404': plainly('answers DESCRIBE with 404, for the very path that it gave'),
  'rtsp-redirect': plainly('answers DESCRIBE with 302, to another host'),
  'rtsp-setup-503': plainly('answers SETUP with 503'),
  'rtsp-play-401': plainly('answers PLAY with 401, whatever the credential'),
  'rtsp-play-454': plainly('has forgotten the session when PLAY comes'),
  'rtsp-parameter-400': plainly('answers GET_PARAMETER and SET_PARAMETER with 400'),
  'rtsp-tcp-refused': plainly('refuses RTP over TCP with 461'),
  'rtsp-udp-refused': plainly('refuses RTP over UDP with 461'),
  'rtsp-basic-too': plainly('offers Basic beside Digest, and takes both'),
  'rtsp-nonce-expires': usually(4, 'count', 'calls the nonce stale after that many requests of a connection'),

  'rtsp-slow-describe': usually(3000, 'milliseconds', 'takes that long to answer DESCRIBE'),
  'rtsp-describe-empty': plainly('answers DESCRIBE with 200 and no description'),
  'rtsp-describe-truncated': plainly('sends half of the description and then nothing more'),
  'rtsp-describe-endless': plainly('sends a description that never ends'),
  'rtsp-content-length-short': plainly('says a Content-Length that is too short by half'),
  'rtsp-content-length-long': plainly('says a Content-Length of 1,000 bytes more than it sends'),
  'rtsp-content-length-missing': plainly('sends a description without Content-Length'),
  'rtsp-headers-odd-case': plainly('writes its headers’ names in capitals and small letters by turns'),
  'rtsp-lf-only': plainly('ends the lines of its answers’ heads with LF alone'),
  'rtsp-cseq-wrong': plainly('answers with a CSeq that nobody asked with'),

  'rtsp-content-base-wrong': plainly('gives a Content-Base at another host'),
  'rtsp-content-base-missing': plainly('gives no Content-Base'),
  'sdp-control-absolute': plainly('gives its tracks’ control addresses as whole URLs'),
  'sdp-control-wrong-host': plainly('gives its tracks’ control addresses at another host'),
  'sdp-control-missing': plainly('gives its tracks no control addresses'),
  'sdp-no-sprop': plainly('describes its video without parameter sets'),
  'sdp-sprop-wrong': plainly('describes its video with the parameter sets of another size'),
  'sdp-codec-wrong': plainly('describes H.264 as H.265, and H.265 as H.264'),
  'sdp-audio-first': plainly('describes the sound before the picture'),
  'sdp-metadata-track': plainly('describes a track of metadata too, and answers its SETUP with 404'),
} as const satisfies Record<string, FaultKind>

/** What goes wrong with sessions, and with the connection that they share with the packets. */
export const RTSP_SESSION_FAULTS = {
  'rtsp-stall': plainly('keeps RTSP sessions open and sends no more video'),

  'rtsp-session-odd': plainly('writes its Session header with blanks and capitals'),
  'rtsp-session-long': plainly('has session ids of twenty digits, and tells no timeout'),
  'rtsp-timeout-short': usually(10, 'seconds', 'tells a session timeout that short, and means it'),
  'rtsp-timeout-untold': usually(10, 'seconds', 'ends silent sessions after that time, and tells no timeout'),
  'rtsp-keep-alive-options': plainly('lets nothing but OPTIONS keep a session alive'),
  'rtsp-keep-alive-parameter': plainly('lets nothing but GET_PARAMETER keep a session alive'),
  'rtsp-transport-bare': plainly('answers SETUP without channels, ports or SSRC'),
  'rtsp-channels-other': plainly('assigns other interleaved channels than were asked for'),
  'rtsp-channels-untold': plainly('sends on other interleaved channels than it told'),
  'rtsp-ssrc-untrue': plainly('tells another SSRC in SETUP than it sends with'),
  'rtsp-info-missing': plainly('answers PLAY without RTP-Info'),
  'rtsp-info-wrong': plainly('tells another sequence number and time in RTP-Info than it sends with'),

  'rtsp-cut-after': usually(10, 'seconds', 'closes the connection after playing that long'),
  'rtsp-reset-mid-frame': usually(10, 'seconds', 'resets the connection within a frame after playing that long'),
  'rtsp-goes-silent': usually(
    10,
    'seconds',
    'sends and answers nothing more after playing that long, and stays connected',
  ),
  'rtsp-asks-options': usually(5, 'seconds', 'sends the client an OPTIONS request that often while it plays'),
  'rtsp-asks-announce': usually(5, 'seconds', 'sends the client an ANNOUNCE request that often while it plays'),
  'rtsp-teardown-closes': plainly('closes the connection at TEARDOWN without an answer'),
  'rtsp-clients-max': usually(1, 'count', 'answers SETUP with 453 to clients beyond that many'),
  'rtsp-crowd-dies': usually(1, 'count', 'resets all RTSP connections when there are more than that many'),

  'interleaved-garbage': plainly('sends bytes that belong to nothing between interleaved frames'),
  'interleaved-length-wrong': plainly('says that interleaved frames are four bytes longer than they are'),
  'interleaved-cut': plainly('cuts the stream within the heads of interleaved frames, and pauses there'),
  'interleaved-stray': plainly('sends frames on a channel that nobody set up'),
} as const satisfies Record<string, FaultKind>

export const RTSP_FAULTS = { ...RTSP_ANSWER_FAULTS, ...RTSP_SESSION_FAULTS } as const
