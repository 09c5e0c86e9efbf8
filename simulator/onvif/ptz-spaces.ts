/** A continuous move ends by itself after this. */
export const LONGEST_MS = 60_000

const SPACES = 'http://www.onvif.org/ver10/tptz'
const range = (element: string, min: number) =>
  `<tt:${element}><tt:Min>${min}</tt:Min><tt:Max>1</tt:Max></tt:${element}>`
const plane = (element: string, path: string) =>
  `<tt:${element}><tt:URI>${SPACES}/PanTiltSpaces/${path}</tt:URI>${range('XRange', -1)}${range('YRange', -1)}</tt:${element}>`
const line = (element: string, path: string, min: number) =>
  `<tt:${element}><tt:URI>${SPACES}/${path}</tt:URI>${range('XRange', min)}</tt:${element}>`

/** ONVIF's generic spaces (ONVIF PTZ 5.7). */
function spaces(): string {
  return (
    plane('AbsolutePanTiltPositionSpace', 'PositionGenericSpace') +
    line('AbsoluteZoomPositionSpace', 'ZoomSpaces/PositionGenericSpace', 0) +
    plane('RelativePanTiltTranslationSpace', 'TranslationGenericSpace') +
    line('RelativeZoomTranslationSpace', 'ZoomSpaces/TranslationGenericSpace', -1) +
    plane('ContinuousPanTiltVelocitySpace', 'VelocityGenericSpace') +
    line('ContinuousZoomVelocitySpace', 'ZoomSpaces/VelocityGenericSpace', -1) +
    line('PanTiltSpeedSpace', 'PanTiltSpaces/GenericSpeedSpace', 0) +
    line('ZoomSpeedSpace', 'ZoomSpaces/ZoomGenericSpeedSpace', 0)
  )
}

export function node(presetsMax: number): string {
  return (
    '<tptz:PTZNode token="node0" FixedHomePosition="false" GeoMove="false"><tt:Name>PTZNode</tt:Name>' +
    `<tt:SupportedPTZSpaces>${spaces()}</tt:SupportedPTZSpaces><tt:MaximumNumberOfPresets>${presetsMax}</tt:MaximumNumberOfPresets>` +
    '<tt:HomeSupported>true</tt:HomeSupported></tptz:PTZNode>'
  )
}

export function configuration(element: string, useCount: number): string {
  const preset = (name: string, path: string) => `<tt:${name}>${SPACES}/${path}</tt:${name}>`
  return (
    `<${element} token="ptz0"><tt:Name>PTZ</tt:Name><tt:UseCount>${useCount}</tt:UseCount><tt:NodeToken>node0</tt:NodeToken>` +
    preset('DefaultAbsolutePantTiltPositionSpace', 'PanTiltSpaces/PositionGenericSpace') +
    preset('DefaultAbsoluteZoomPositionSpace', 'ZoomSpaces/PositionGenericSpace') +
    preset('DefaultContinuousPanTiltVelocitySpace', 'PanTiltSpaces/VelocityGenericSpace') +
    preset('DefaultContinuousZoomVelocitySpace', 'ZoomSpaces/VelocityGenericSpace') +
    `<tt:DefaultPTZTimeout>PT10S</tt:DefaultPTZTimeout></${element}>`
  )
}

export function options(): string {
  return (
    `<tptz:PTZConfigurationOptions><tt:Spaces>${spaces()}</tt:Spaces>` +
    `<tt:PTZTimeout><tt:Min>PT0.1S</tt:Min><tt:Max>PT${LONGEST_MS / 1000}S</tt:Max></tt:PTZTimeout></tptz:PTZConfigurationOptions>`
  )
}
