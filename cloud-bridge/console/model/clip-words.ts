/** What the picture of a clip is encoded as, by its first bytes; undefined for what these don't tell. */
export function codecIn(beginning: Uint8Array): 'H.264' | 'H.265' | undefined {
  const text = new TextDecoder('latin1').decode(beginning)
  if (text.includes('hvc1') || text.includes('hev1')) return 'H.265'
  return text.includes('avc1') || text.includes('avc3') ? 'H.264' : undefined
}

/** Why a clip's picture is not shown, and what to do. `sound`: it plays without its picture. */
export function unseenWords(codec: 'H.264' | 'H.265' | undefined, sound: boolean): string {
  const first =
    codec === 'H.265'
      ? 'This browser can’t show this clip: the camera recorded it as H.265.'
      : 'This browser can’t show this clip.'
  const then = sound ? ' You hear its sound, and see the picture of its event.' : ' Here is the picture of its event.'
  const advice = codec === 'H.265' ? ', or set the camera’s main stream to H.264.' : '.'
  return `${first}${then} Download it for another player${advice}`
}
