import type { LiveNews } from '../../web/api.ts'
import { Feed } from './feed.ts'
import { mediaSource } from './media-source.ts'
import { Pace } from './pace.ts'

export type ToWorker = { readonly url: string }
type End = 'closed' | 'unplayable' | 'another'
export type FromWorker =
  | { readonly handle: MediaSourceHandle }
  | { readonly news: LiveNews }
  | { readonly newest: number }
  | { readonly end: End }

export type PlayerDeps = {
  readonly url: string
  readonly video: HTMLVideoElement
  readonly onNews: (news: LiveNews) => void
  readonly onEnd: (why: End) => void
}

/** Smaller changes are not worth a word to the browser. */
const RATE_STEP = 0.005

/**
 * Shows one live view in a video, close behind the camera. In a worker where the browser can, so that a busy page holds
 * nothing up. Returns how to end it. Undefined: this browser can't show one.
 */
export function play(deps: PlayerDeps): (() => void) | undefined {
  const Source = mediaSource()
  if (Source === undefined) return undefined
  const { video } = deps
  const pace = new Pace()
  const onNewest = (newest: number) => follow(video, pace, newest)
  // Safari plays what is managed only where it can't be sent elsewhere.
  video.disableRemotePlayback = true
  const stop = Source.canConstructInDedicatedWorker ? inWorker(deps, onNewest) : onPage(deps, Source, onNewest)
  return () => {
    stop()
    video.srcObject = null
    video.removeAttribute('src')
    video.load()
  }
}

function inWorker({ url, video, onNews, onEnd }: PlayerDeps, onNewest: (newest: number) => void): () => void {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
    if ('newest' in data) onNewest(data.newest)
    else if ('news' in data) onNews(data.news)
    else if ('end' in data) onEnd(data.end)
    else video.srcObject = data.handle as unknown as MediaProvider
  })
  const order: ToWorker = { url }
  worker.postMessage(order)
  return () => worker.terminate()
}

function onPage(deps: PlayerDeps, Source: typeof MediaSource, onNewest: (newest: number) => void): () => void {
  const media = new Source()
  const address = URL.createObjectURL(media)
  const feed = new Feed({ ...deps, media, onNewest })
  deps.video.src = address
  return () => {
    feed.close()
    URL.revokeObjectURL(address)
  }
}

function follow(video: HTMLVideoElement, pace: Pace, newest: number): void {
  if (video.seeking) return
  const step = pace.next(newest, video.currentTime, performance.now() / 1000)
  if ('seekTo' in step) video.currentTime = step.seekTo
  else if (Math.abs(video.playbackRate - step.rate) > RATE_STEP) video.playbackRate = step.rate
  // Muted, it may always; who has stopped it wants it so no longer once pictures come.
  if (video.paused) video.play().catch(() => undefined)
}
