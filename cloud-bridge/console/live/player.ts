import type { LiveNews } from '../../web/api.ts'
import type { OpenedHead } from '../vault/sealed-item.ts'
import { Feed, type FeedEnd } from './feed.ts'
import { mediaSource } from './media-source.ts'
import { LiveOpener, type OpenHead } from './opener.ts'
import { Pace } from './pace.ts'

export type ToWorker = { readonly url: string; readonly camera: string }
export type FromWorker =
  | { readonly handle: MediaSourceHandle }
  /** The answer is to come on the port that comes with it: what opens it, or undefined. */
  | { readonly head: Uint8Array<ArrayBuffer> }
  | { readonly news: LiveNews }
  | { readonly newest: number }
  | { readonly end: FeedEnd }
export type HeadAnswer = OpenedHead | undefined

export type PlayerDeps = {
  readonly url: string
  readonly camera: string
  readonly video: HTMLVideoElement
  /** Where only the owner's key opens it. */
  readonly openHead: OpenHead
  readonly onNews: (news: LiveNews) => void
  readonly onEnd: (why: FeedEnd) => void
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

function inWorker(deps: PlayerDeps, onNewest: (newest: number) => void): () => void {
  const { url, camera, video, onNews, onEnd } = deps
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  worker.addEventListener('message', ({ data, ports: [port] }: MessageEvent<FromWorker>) => {
    if ('newest' in data) onNewest(data.newest)
    else if ('head' in data) answer(data.head, deps.openHead, port)
    else if ('news' in data) onNews(data.news)
    else if ('end' in data) onEnd(data.end)
    else video.srcObject = data.handle as unknown as MediaProvider
  })
  const order: ToWorker = { url, camera }
  worker.postMessage(order)
  return () => worker.terminate()
}

/** A key that can be used and not be read out goes to the worker; the vault that gave it stays with the page. */
function answer(head: Uint8Array<ArrayBuffer>, openHead: OpenHead, port: MessagePort | undefined): void {
  const say = (opened: HeadAnswer) => port?.postMessage(opened)
  openHead(head).then(say, () => say(undefined))
}

function onPage(deps: PlayerDeps, Source: typeof MediaSource, onNewest: (newest: number) => void): () => void {
  const media = new Source()
  const address = URL.createObjectURL(media)
  const opener = new LiveOpener(deps.camera, deps.openHead)
  const feed = new Feed({ ...deps, media, onNewest, open: (message) => opener.open(message) })
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
