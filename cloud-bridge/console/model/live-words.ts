import type { LiveNews } from './types.ts'

/** How a live view stands, as the console knows it: the bridge's news, and what the browser itself finds. */
export type LiveState = LiveNews | 'connecting' | 'lost' | 'unplayable' | 'changed' | 'hidden'

/** In words: what is going on, and where something is wrong, what to do. `again`: it won't go on by itself. */
export type LiveWords = { readonly title: string; readonly advice: string; readonly again: boolean }

const words = (title: string, advice = '', again = false): LiveWords => ({ title, advice, again })

const REASON: Record<NonNullable<LiveNews['reason']>, LiveWords> = {
  'no-consent': words('Live view is off', 'Its switch was turned off, or the cap is on at the box.', true),
  offline: words('The box is not connected', 'Live view begins as soon as it is back.'),
  silent: words('The box does not come', 'It may be slow, or run an older release that has no live view.'),
  camera: words('The camera does not answer', 'It may be asleep or switched off. The box tries again and again.'),
  unsupported: words(
    'This camera can’t be watched live',
    'It has no stream in H.264. Switch one on in the camera.',
    true,
  ),
  busy: words('Too many live views', 'Close some, here or on another screen, then try again.', true),
  bridge: words('Live view has ended', 'The bridge or the box ended it.', true),
  'signed-out': words('You are signed out', 'Sign in again to go on.', true),
  gone: words('Live view has ended', '', true),
}

/** Undefined while pictures come. */
export function liveWords(state: LiveState): LiveWords | undefined {
  if (state === 'connecting') return words('Connecting …')
  if (state === 'lost') return words('The connection broke', 'Trying again.')
  if (state === 'unplayable') return words('This browser can’t show it', 'Try another one, or update it.', true)
  if (state === 'changed') {
    return words(
      'Not shown',
      'What came was changed since the box encrypted it. If it happens again, tell your operator.',
      true,
    )
  }
  if (state === 'hidden') return words('Paused', 'It goes on when this page is in front again.')
  if (state.state === 'live') return undefined
  if (state.reason !== null) {
    const said = REASON[state.reason]
    return state.state === 'over' ? { ...said, again: true } : { ...said, again: false }
  }
  return state.state === 'asking' ? words('Asking the box …') : words('The camera is starting …')
}
