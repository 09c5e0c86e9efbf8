/** The part of node-onvif, which has no types of its own, that the tests use. */
declare module 'node-onvif' {
  interface Answer {
    /** The answer's body, each element an object by its children's local names. */
    readonly data: unknown
  }

  export class OnvifDevice {
    constructor(options: { xaddr: string; user?: string; pass?: string })
    readonly services: {
      readonly device: {
        getNetworkInterfaces(): Promise<Answer>
        getHostname(): Promise<Answer>
      }
      readonly events: { getEventProperties(): Promise<Answer> } | null
      readonly ptz: {
        setPreset(options: { ProfileToken: string; PresetName: string }): Promise<Answer>
        getPresets(options: { ProfileToken: string }): Promise<Answer>
      } | null
    }
    init(): Promise<unknown>
    getInformation(): Record<string, unknown> | null
    getProfileList(): readonly {
      readonly token: string
      readonly stream: { readonly rtsp: string }
      readonly snapshot: string
      readonly video: {
        readonly encoder: { readonly encoding: string; readonly resolution: { width: number; height: number } } | null
      }
    }[]
    fetchSnapshot(): Promise<{ readonly body: Buffer }>
  }

  export function startProbe(): Promise<
    readonly { urn: string; name: string; hardware: string; xaddrs: readonly string[] }[]
  >
}
