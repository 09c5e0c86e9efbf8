/** The bridge's side, which is also the box's way to everywhere else. */
export const BRIDGE = '10.77.0.1'
/** The box's address on its only way out. */
export const BOX = '10.77.0.2'
export const CAMERAS = 8

export const PORTS = { http: 8480, mqtt: 1883, upload: 8481, hostile: 1884 } as const

/**
 * What is in every picture of a simulated camera: the mark's UUID in each frame of a stream (an SEI message), and the
 * mark's text in each JPEG's comment.
 */
export const CANARIES = {
  clip: Buffer.from('7c1d6a529e3b4f80b6d42a5f3c8e91d7', 'hex'),
  snapshot: Buffer.from(' clock=20'),
} as const
