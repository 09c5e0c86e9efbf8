import type { DiagnosisCode } from '../protocol/camera.ts'

/** What an installer does about each diagnosis. */
export const ADVICE: Readonly<Record<DiagnosisCode, string>> = {
  UNREACHABLE:
    "Check the camera's power and cable, that this box and the camera share a network, and that no firewall stands between.",
  TIMEOUT: 'Restart the camera; if it goes on, look for an overloaded network or a camera that too many programs ask.',
  AUTH_REJECTED:
    "Enter the camera's user and password again; some makers want an ONVIF user made, or Digest switched on, in the camera's own page.",
  AUTH_UNSUPPORTED:
    "Switch HTTP Digest or WS-UsernameToken on in the camera's own page: what it asks for would show the password, or does not work.",
  NO_CREDENTIAL: 'Enter a user and password for this camera.',
  LOCKED_OUT: 'Wait half an hour, and find the program that keeps sending this camera a wrong password.',
  IDENTITY_CHANGED:
    'Find out whether the camera was exchanged: nothing is sent to it before it is known again or was found as a new one.',
  CLOCK_SKEW: "Set the camera's clock, best by giving it a time server.",
  SLOTS_FULL:
    'Close other programs that listen to this camera, or restart it: what they left behind is free again then.',
  EVENTS_UNSUPPORTED: 'Look for newer firmware, and switch events on in the camera if it has such a switch.',
  EVENTS_INTERRUPTED: 'Nothing at once: events are being taken up again; if it stays, restart the camera.',
  STREAM_STALLED:
    "See whether another program shows the camera's main stream, restart the camera, and lower the stream's bit rate if the network is slow.",
  SNAPSHOT_FAILED:
    "Switch snapshots on in the camera's own page, or look for newer firmware: clips and live view do without them.",
  MALFORMED_REPLY: 'Look for newer firmware, and check that the address and port belong to a camera.',
  IP_CHANGED: 'Nothing: the camera was found again; reserve its address in the router if others rely on it.',
}
