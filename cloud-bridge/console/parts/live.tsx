import { useEffect, useRef, useState } from 'preact/hooks'
import type { FeedEnd } from '../live/feed.ts'
import { LockedError, type OpenHead } from '../live/opener.ts'
import { play } from '../live/player.ts'
import { retryDelayMs } from '../model/backoff.ts'
import { type LiveState, type LiveWords, liveWords } from '../model/live-words.ts'
import type { CameraView, LiveNews } from '../model/types.ts'
import { nameOf } from '../model/words.ts'
import { livePath } from '../net/api.ts'
import type { Vault } from '../vault/vault.ts'
import { useApp, useSelect } from './app.ts'
import { type Closed, ClosedFrame, closedBy, useVault } from './media.tsx'

type LiveProps = {
  readonly camera: CameraView
  readonly quality: 'grid' | 'one'
}

/** How it stands; or why this browser can't open what comes. */
type Now = LiveState | { readonly closed: Closed }

/** A camera as it is now, for as long as this is shown and the page is in front; where there is none, why. */
export function Live({ camera, quality }: LiveProps) {
  const video = useRef<HTMLVideoElement>(null)
  const [tries, setTries] = useState(0)
  const visible = useVisible()
  const [now, setNow] = useState<Now>('connecting')
  const { vault } = useApp()
  // Another key may open what was locked.
  const { turn } = useVault(false)
  const account = useSelect(({ session }) => (typeof session === 'string' ? undefined : session.account))
  const { id } = camera
  useEffect(() => {
    if (video.current === null || !visible || account === undefined) return undefined
    return keep({ camera: id, quality, video: video.current, vault, account, tell: setNow })
  }, [id, quality, visible, tries, vault, account, turn])
  const state = visible ? now : 'hidden'
  const isClosed = typeof state === 'object' && 'closed' in state
  const words = isClosed ? undefined : liveWords(state)
  const isLive = !isClosed && words === undefined
  return (
    <div class="frame live" data-testid="live" data-live={isLive ? 'live' : 'not'}>
      <video ref={video} muted autoplay playsInline aria-label={`${nameOf(camera.facts)}, live`} />
      {isClosed && <ClosedFrame closed={state.closed} item={undefined} small={false} />}
      {isLive && <span class="badge badge-live">Live</span>}
      {words !== undefined && <Words words={words} again={() => setTries(tries + 1)} />}
    </div>
  )
}

function Words({ words: { title, advice, again: canAgain }, again }: { words: LiveWords; again: () => void }) {
  return (
    <div class="live-words">
      <p class="frame-title" role="status">
        {title}
      </p>
      {advice !== '' && <p class="quiet">{advice}</p>}
      {canAgain && (
        <button type="button" class="button small" onClick={again}>
          Try again
        </button>
      )}
    </div>
  )
}

type KeepDeps = {
  readonly camera: string
  readonly quality: string
  readonly video: HTMLVideoElement
  readonly vault: Vault
  readonly account: string
  readonly tell: (now: Now) => void
  readonly random?: () => number
}

/** Plays it again whenever it breaks by itself. Returns how to end it. */
function keep({ camera, quality, video, vault, account, tell, random = Math.random }: KeepDeps): () => void {
  let stop: (() => void) | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let closed: Closed | undefined
  const openHead: OpenHead = async (head) => {
    try {
      await vault.wake(account)
      return await vault.openHead(head)
    } catch (error) {
      closed = closedBy(error, vault.get())
      throw new LockedError()
    }
  }
  const begin = () => {
    let isOver = false
    const onNews = (news: LiveNews) => {
      isOver = news.state === 'over'
      if (news.state === 'live') failures = 0
      tell(news)
    }
    const onEnd = (why: FeedEnd) => {
      stop?.()
      stop = undefined
      if (isOver) return
      if (why === 'locked' && closed) return tell({ closed })
      if (why === 'unplayable' || why === 'changed') return tell(why)
      if (why === 'closed') tell('lost')
      timer = setTimeout(begin, why === 'another' ? 0 : retryDelayMs(failures, random()))
      failures += 1
    }
    stop = play({ url: livePath(camera, quality), camera, video, openHead, onNews, onEnd })
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
