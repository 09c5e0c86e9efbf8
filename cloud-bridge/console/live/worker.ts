import { Feed } from './feed.ts'
import { mediaSource } from './media-source.ts'
import type { FromWorker, ToWorker } from './player.ts'

/** Takes a live view in beside the page, so that nothing on it holds a picture up. */
const say = (message: FromWorker, transfer: Transferable[] = []): void => postMessage(message, { transfer })

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  const Source = mediaSource()
  if (Source === undefined) return say({ end: 'unplayable' })
  const media = new Source()
  const feed = new Feed({
    url: data.url,
    media,
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
