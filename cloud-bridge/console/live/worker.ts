import { Feed } from './feed.ts'
import { mediaSource } from './media-source.ts'
import { LiveOpener, LockedError, type OpenHead } from './opener.ts'
import type { FromWorker, HeadAnswer, ToWorker } from './player.ts'

/** Takes a live view in beside the page, so that nothing on it holds a picture up. */
const say = (message: FromWorker, transfer: Transferable[] = []): void => postMessage(message, { transfer })

/** The keys are the page's, in its vault. */
const askPage: OpenHead = (head) =>
  new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }: MessageEvent<HeadAnswer>) => {
      port1.close()
      if (data) resolve(data)
      else reject(new LockedError())
    }
    say({ head }, [port2])
  })

addEventListener('message', ({ data: { url, camera } }: MessageEvent<ToWorker>) => {
  const Source = mediaSource()
  if (Source === undefined) return say({ end: 'unplayable' })
  const media = new Source()
  const opener = new LiveOpener(camera, askPage)
  const feed = new Feed({
    url,
    media,
    open: (message) => opener.open(message),
    onNews: (news) => say({ news }),
    onNewest: (newest) => say({ newest }),
    onEnd: (end) => say({ end }),
  })
  // Only in a worker it has one, and only there is one needed.
  const { handle } = media as MediaSource & { readonly handle?: MediaSourceHandle & Transferable }
  if (handle === undefined) {
    feed.close()
    say({ end: 'unplayable' })
  } else say({ handle }, [handle])
})
