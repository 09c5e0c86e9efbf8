import type { GrantDocument } from '../protocol/grant.ts'

/** What both allow: of the first, only what the second allows too. It keeps the first one's serial. */
export function commonOf(held: GrantDocument, newer: GrantDocument): GrantDocument {
  const cameras = held.cameras.map(({ camera, kinds }) => {
    const stillAllowed = newer.cameras.filter((entry) => entry.camera === camera).flatMap((entry) => entry.kinds)
    return { camera, kinds: kinds.filter((kind) => stillAllowed.includes(kind)) }
  })
  const notBefore = Math.max(held.notBefore, newer.notBefore)
  return { ...held, cameras, notBefore, expires: Math.min(held.expires, newer.expires) }
}

/** Whether the newer one changes nothing but its time. */
export function isRenewal(held: GrantDocument, newer: GrantDocument): boolean {
  const { serial: _s, notBefore: _n, expires: _e, ...before } = held
  const { serial: _serial, notBefore: _notBefore, expires: _expires, ...now } = newer
  return JSON.stringify(before) === JSON.stringify(now)
}
