import { child, descend, escapeXml, type XmlElement } from '../discovery/xml.ts'
import { parseDuration } from './duration.ts'
import { type CameraFacts, dateTime, type Operations } from './facts.ts'
import { PRESETS_MAX, type PtzHead, type PtzPosition } from './ptz-head.ts'
import { configuration, LONGEST_MS, node, options } from './ptz-spaces.ts'
import { invalidArgument, SoapFault, type SoapRequest } from './soap.ts'
import { mediaStreams } from './streams.ts'

export const ptzCapabilities = () =>
  '<tptz:Capabilities EFlip="false" Reverse="false" GetCompatibleConfigurations="true" MoveStatus="true" StatusPosition="true"/>'

const answer = (operation: string, inner = '') => `<tptz:${operation}Response>${inner}</tptz:${operation}Response>`

/** The PTZ service (ONVIF PTZ 5): one node, and a head for each channel. */
export function ptzOperations(facts: CameraFacts): Operations {
  return { ...describing(facts), ...moving(facts), ...presets(facts) }
}

function describing(facts: CameraFacts): Operations {
  const nodeAsked = (request: SoapRequest, token: string, known: string, subcode: string) => {
    const wanted = child(request.body, token)?.text
    if (wanted !== known) throw invalidArgument(subcode, `There is no ${token} "${wanted ?? ''}"`)
  }
  const configurationAsked = (request: SoapRequest) =>
    nodeAsked(
      request,
      request.operation === 'GetConfiguration' ? 'PTZConfigurationToken' : 'ConfigurationToken',
      'ptz0',
      'ter:NoConfig',
    )
  const uses = mediaStreams(facts).length
  const all = () => configuration('tptz:PTZConfiguration', uses)
  return {
    GetServiceCapabilities: () => answer('GetServiceCapabilities', ptzCapabilities()),
    GetNodes: () => answer('GetNodes', node(PRESETS_MAX)),
    GetNode: (request) => {
      nodeAsked(request, 'NodeToken', 'node0', 'ter:NoEntity')
      return answer('GetNode', node(PRESETS_MAX))
    },
    GetConfigurations: () => answer('GetConfigurations', all()),
    GetCompatibleConfigurations: () => answer('GetCompatibleConfigurations', all()),
    GetConfiguration: (request) => {
      configurationAsked(request)
      return answer('GetConfiguration', all())
    },
    GetConfigurationOptions: (request) => {
      configurationAsked(request)
      return answer('GetConfigurationOptions', options())
    },
  }
}

function headAsked(facts: CameraFacts, request: SoapRequest): PtzHead {
  const wanted = child(request.body, 'ProfileToken')?.text ?? ''
  const stream = mediaStreams(facts).find(({ profileToken }) => profileToken === wanted)
  if (!stream) throw invalidArgument('ter:NoProfile', `There is no ProfileToken "${wanted}"`)
  return facts.settings.headOf(stream.channel)
}

function moving(facts: CameraFacts): Operations {
  return {
    GetStatus: (request) => {
      const head = headAsked(facts, request)
      const state = head.isMovingAt(facts.now()) ? 'MOVING' : 'IDLE'
      return answer(
        'GetStatus',
        `<tptz:PTZStatus>${position('tt:Position', head.positionAt(facts.now()))}<tt:MoveStatus><tt:PanTilt>${state}</tt:PanTilt>` +
          `<tt:Zoom>${state}</tt:Zoom></tt:MoveStatus><tt:UtcTime>${dateTime(facts.cameraNow())}</tt:UtcTime></tptz:PTZStatus>`,
      )
    },
    ContinuousMove: (request) => {
      const still: PtzPosition = { pan: 0, tilt: 0, zoom: 0 }
      const velocity = vector(child(request.body, 'Velocity'), still, -1)
      const timeout = child(request.body, 'Timeout')?.text
      const forMs = timeout === undefined ? LONGEST_MS : Math.min(parseDuration(timeout), LONGEST_MS)
      headAsked(facts, request).moveContinuously(velocity, forMs, facts.now())
      return '<tptz:ContinuousMoveResponse/>'
    },
    AbsoluteMove: (request) => {
      const head = headAsked(facts, request)
      head.moveTo(vector(child(request.body, 'Position'), head.positionAt(facts.now()), 0), facts.now())
      return '<tptz:AbsoluteMoveResponse/>'
    },
    RelativeMove: (request) => {
      const head = headAsked(facts, request)
      const from = head.positionAt(facts.now())
      const way = vector(child(request.body, 'Translation'), { pan: 0, tilt: 0, zoom: 0 }, -1)
      head.moveTo({ pan: from.pan + way.pan, tilt: from.tilt + way.tilt, zoom: from.zoom + way.zoom }, facts.now())
      return '<tptz:RelativeMoveResponse/>'
    },
    Stop: (request) => {
      headAsked(facts, request).stop(facts.now())
      return '<tptz:StopResponse/>'
    },
    GotoHomePosition: (request) => {
      const head = headAsked(facts, request)
      head.moveTo(head.home, facts.now())
      return '<tptz:GotoHomePositionResponse/>'
    },
    SetHomePosition: (request) => {
      headAsked(facts, request).keepHome(facts.now())
      return '<tptz:SetHomePositionResponse/>'
    },
  }
}

function presets(facts: CameraFacts): Operations {
  const presetAsked = (head: PtzHead, request: SoapRequest) => {
    const token = child(request.body, 'PresetToken')?.text ?? ''
    const preset = head.presets.get(token)
    if (!preset) throw invalidArgument('ter:NoToken', `There is no preset "${token}"`)
    return { token, preset }
  }
  return {
    GetPresets: (request) => {
      const rows = [...headAsked(facts, request).presets].map(
        ([token, preset]) =>
          `<tptz:Preset token="${escapeXml(token)}"><tt:Name>${escapeXml(preset.name)}</tt:Name>${position('tt:PTZPosition', preset.position)}</tptz:Preset>`,
      )
      return answer('GetPresets', rows.join(''))
    },
    SetPreset: (request) => {
      const head = headAsked(facts, request)
      if (child(request.body, 'PresetToken')) presetAsked(head, request)
      const name = child(request.body, 'PresetName')?.text.slice(0, 64)
      const token = head.keepPreset(child(request.body, 'PresetToken')?.text, name, facts.now())
      if (token === undefined)
        throw new SoapFault('Receiver', ['ter:Action', 'ter:TooManyPresets'], 'No more presets can be kept')
      return answer('SetPreset', `<tptz:PresetToken>${escapeXml(token)}</tptz:PresetToken>`)
    },
    RemovePreset: (request) => {
      const head = headAsked(facts, request)
      head.presets.delete(presetAsked(head, request).token)
      return '<tptz:RemovePresetResponse/>'
    },
    GotoPreset: (request) => {
      const head = headAsked(facts, request)
      head.moveTo(presetAsked(head, request).preset.position, facts.now())
      return '<tptz:GotoPresetResponse/>'
    },
  }
}

function position(element: string, { pan, tilt, zoom }: PtzPosition): string {
  const written = (value: number) => String(Math.round(value * 1e6) / 1e6)
  return `<${element}><tt:PanTilt x="${written(pan)}" y="${written(tilt)}"/><tt:Zoom x="${written(zoom)}"/></${element}>`
}

/** Reads a vector; parts that are absent keep their value. Throws SoapFault where a part is out of its space. */
function vector(given: XmlElement | undefined, usual: PtzPosition, zoomMin: number): PtzPosition {
  const read = (part: string, name: string, value: number, min: number) => {
    const text = descend(given, part)?.attributes[name]
    if (text === undefined) return value
    const number = text.trim() === '' ? Number.NaN : Number(text)
    if (!(number >= min && number <= 1)) throw invalidArgument('ter:InvalidPosition', `${part} can't be ${text}`)
    return number
  }
  return {
    pan: read('PanTilt', 'x', usual.pan, -1),
    tilt: read('PanTilt', 'y', usual.tilt, -1),
    zoom: read('Zoom', 'x', usual.zoom, zoomMin),
  }
}
