import { child, descend, escapeXml } from '../discovery/xml.ts'
import { channelAsked } from './channels.ts'
import type { CameraFacts, Operations } from './facts.ts'
import type { ImagingSettings } from './settings.ts'
import { invalidArgument, type SoapRequest } from './soap.ts'

interface Adjustable {
  readonly element: string
  readonly usual: string
  /** Its values by name, with the element that holds them, or a range of numbers. */
  readonly modes?: { readonly inside: string | undefined; readonly option: string; readonly values: readonly string[] }
}

const MODE = (values: readonly string[]) => ({ inside: 'Mode', option: 'Mode', values })

/** In the order of ONVIF's ImagingSettings20, which is the alphabet's. */
const ADJUSTABLE: readonly Adjustable[] = [
  { element: 'BacklightCompensation', usual: 'OFF', modes: MODE(['OFF', 'ON']) },
  { element: 'Brightness', usual: '50' },
  { element: 'ColorSaturation', usual: '50' },
  { element: 'Contrast', usual: '50' },
  { element: 'Exposure', usual: 'AUTO', modes: MODE(['AUTO', 'MANUAL']) },
  {
    element: 'IrCutFilter',
    usual: 'AUTO',
    modes: { inside: undefined, option: 'IrCutFilterModes', values: ['ON', 'OFF', 'AUTO'] },
  },
  { element: 'Sharpness', usual: '50' },
  { element: 'WideDynamicRange', usual: 'OFF', modes: MODE(['OFF', 'ON']) },
  { element: 'WhiteBalance', usual: 'AUTO', modes: MODE(['AUTO', 'MANUAL']) },
]

const NUMBER_MAX = 100

export const imagingCapabilities = () => '<timg:Capabilities ImageStabilization="false"/>'

/** The imaging service (ONVIF Imaging 5). What is set is remembered and told; the picture stays as it is. */
export function imagingOperations(facts: CameraFacts): Operations {
  const settingsAsked = (request: SoapRequest) =>
    facts.settings.imagingOf(
      channelAsked(facts, request, 'VideoSourceToken', facts.profile.tokens.source, 'ter:NoSource'),
      () => new Map(ADJUSTABLE.map(({ element, usual }) => [element, usual])),
    )
  const answer = (operation: string, inner: string) => `<timg:${operation}Response>${inner}</timg:${operation}Response>`
  return {
    GetServiceCapabilities: () => answer('GetServiceCapabilities', imagingCapabilities()),
    GetImagingSettings: (request) => answer('GetImagingSettings', written(settingsAsked(request))),
    SetImagingSettings: (request) => {
      change(settingsAsked(request), request)
      return '<timg:SetImagingSettingsResponse/>'
    },
    GetOptions: (request) => {
      settingsAsked(request)
      return answer('GetOptions', `<timg:ImagingOptions>${ADJUSTABLE.map(option).join('')}</timg:ImagingOptions>`)
    },
    GetMoveOptions: (request) => {
      settingsAsked(request)
      return answer('GetMoveOptions', '<timg:MoveOptions/>')
    },
    GetStatus: (request) => {
      settingsAsked(request)
      return answer('GetStatus', '<timg:Status/>')
    },
  }
}

function written(settings: ImagingSettings): string {
  const elements = ADJUSTABLE.map(({ element, modes, usual }) => {
    const value = escapeXml(settings.get(element) ?? usual)
    const inner = modes?.inside === undefined ? value : `<tt:${modes.inside}>${value}</tt:${modes.inside}>`
    return `<tt:${element}>${inner}</tt:${element}>`
  })
  return `<timg:ImagingSettings>${elements.join('')}</timg:ImagingSettings>`
}

function option({ element, modes }: Adjustable): string {
  const range = `<tt:Min>0</tt:Min><tt:Max>${NUMBER_MAX}</tt:Max>`
  if (!modes) return `<tt:${element}>${range}</tt:${element}>`
  const values = modes.values.map((value) => `<tt:${modes.option}>${value}</tt:${modes.option}>`).join('')
  return modes.inside === undefined ? values : `<tt:${element}>${values}</tt:${element}>`
}

/** Throws SoapFault, before anything is changed, where a value is out of range. */
function change(settings: ImagingSettings, request: SoapRequest): void {
  const given = child(request.body, 'ImagingSettings')
  const changes = ADJUSTABLE.flatMap(({ element, modes }) => {
    const value = descend(given, ...(modes?.inside === undefined ? [element] : [element, modes.inside]))?.text
    if (value === undefined) return []
    const isFine = modes
      ? modes.values.includes(value)
      : value !== '' && Number(value) >= 0 && Number(value) <= NUMBER_MAX
    if (!isFine) throw invalidArgument('ter:SettingsInvalid', `${element} can't be "${value}"`)
    return [[element, value] as const]
  })
  for (const [element, value] of changes) settings.set(element, value)
}
