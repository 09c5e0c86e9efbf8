import { useEffect, useRef, useState } from 'preact/hooks'
import { play } from '../live/player.ts'
import { retryDelayMs } from '../model/backoff.ts'
import { type LiveState, liveWords } from '../model/live-words.ts'
import type { CameraView } from '../model/types.ts'
import { nameOf } from '../model/words.ts'
import { livePath } from '../net/api.ts'

type LiveProps = {
  readonly camera: CameraView
  readonly quality: 'grid' | 'one'
}

/** A camera as it is now, for as long as this is shown and the page is in front; where there is none, why. */
export function Live({ camera, quality }: LiveProps) {
  const video = useRef<HTMLVideoElement>(null)
  const [tries, setTries] = useState(0)
  const visible = useVisible()
  const [state, setState] = useState<LiveState>('connecting')
  const { id } = camera
  useEffect(
    () => (video.current && visible ? keep(id, quality, video.current, setState) : undefined),
    [id, quality, visible, tries],
  )
  const words = liveWords(visible ? state : 'hidden')
  return (
    <div class="frame live" data-testid="live" data-live={words === undefined ? 'live' : 'not'}>
      <video ref={video} muted autoplay playsInline aria-label={`${nameOf(camera.facts)}, live`} />
      {words === undefined ? (
        <span class="badge badge-live">Live</span>
      ) : (
        <div class="live-words">
          <p class="frame-title" role="status">
            {words.title}
          </p>
          {words.advice !== '' && <p class="quiet">{words.advice}</p>}
          {words.again && (
            <button type="button" class="button small" onClick={() => setTries(tries + 1)}>
              Try again
            </button>
          )}
        </div>
      )}
    </div>
  )
}

/** Plays it again whenever it breaks by itself. Returns how to end it. */
function keep(
  camera: string,
  quality: string,
  video: HTMLVideoElement,
  tell: (state: LiveState) => void,
  random = Math.random,
): () => void {
  let stop: (() => void) | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  const begin = () => {
    let isOver = false
    stop = play({
      url: livePath(camera, quality),
      video,
      onNews: (news) => {
        isOver = news.state === 'over'
        if (news.state === 'live') failures = 0
        tell(news.sealed && news.state === 'live' ? 'sealed' : news)
      },
      onEnd: (why) => {
        stop?.()
        stop = undefined
        if (isOver) return
        if (why === 'unplayable') return tell('unplayable')
        if (why === 'closed') tell('lost')
        timer = setTimeout(begin, why === 'another' ? 0 : retryDelayMs(failures, random()))
        failures += 1
      },
    })
    if (stop === undefined) tell('unplayable')
  }
  tell('connecting')
  begin()
  return () => {
    clearTimeout(timer)
    stop?.()
  }
}

/** A page behind others shows nobody anything: then nothing is fetched for it. */
function useVisible(): boolean {
  const [visible, setVisible] = useState(!document.hidden)
  useEffect(() => {
    const look = () => setVisible(!document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return visible
}
