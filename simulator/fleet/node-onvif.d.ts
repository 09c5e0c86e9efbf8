/** The part of node-onvif, which has no types of its own, that the tests use. */
declare module 'node-onvif' {
  export class OnvifDevice {
    constructor(options: { xaddr: string; user?: string; pass?: string })
    init(): Promise<unknown>
    getInformation(): Record<string, unknown> | null
    getProfileList(): readonly {
      readonly token: string
      readonly stream: { readonly rtsp: string }
      readonly snapshot: string
      readonly video: { readonly encoder: { readonly resolution: { readonly width: number } } | null }
    }[]
    fetchSnapshot(): Promise<{ readonly body: Buffer }>
  }
}
