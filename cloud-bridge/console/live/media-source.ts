/** The browser's MediaSource; on an iPhone there is only the managed kind. */
export function mediaSource(): typeof MediaSource | undefined {
  const { MediaSource: plain, ManagedMediaSource: managed } = globalThis as {
    readonly MediaSource?: typeof MediaSource
    readonly ManagedMediaSource?: typeof MediaSource
  }
  return plain ?? managed
}
