import { child } from '../discovery/xml.ts'
import { channelAsked, channelsOf } from './channels.ts'
import { type CameraFacts, type Operations, ofChannel } from './facts.ts'
import { relayAsked, relaySettings } from './relays.ts'
import { invalidArgument, type SoapRequest } from './soap.ts'
import { sourceConfiguration, sourceOptions } from './video-sources.ts'

const answer = (operation: string, inner = '') => `<tmd:${operation}Response>${inner}</tmd:${operation}Response>`

export function deviceIoCapabilities(facts: CameraFacts): string {
  const { channels, audio, relayOutputs, digitalInputs } = facts.profile
  return (
    `<tmd:Capabilities VideoSources="${channels}" VideoOutputs="0" AudioSources="${audio ? 1 : 0}" AudioOutputs="0" ` +
    `RelayOutputs="${relayOutputs}" SerialPorts="0" DigitalInputs="${digitalInputs}" DigitalInputOptions="${digitalInputs > 0}"/>`
  )
}

/**
 * The device I/O service (ONVIF Device IO 5). Its relay outputs are those of the device service, in whose namespace most of
 * their operations stand also here.
 */
export function deviceIoOperations(facts: CameraFacts): Operations {
  const { profile, settings } = facts
  return {
    GetServiceCapabilities: () => answer('GetServiceCapabilities', deviceIoCapabilities(facts)),
    GetVideoSources: () => {
      const rows = channelsOf(facts).map((channel) => ofChannel(profile.tokens.source, channel))
      return answer('GetVideoSources', rows.map((token) => `<tmd:Token>${token}</tmd:Token>`).join(''))
    },
    GetVideoOutputs: () => answer('GetVideoOutputs'),
    GetAudioOutputs: () => answer('GetAudioOutputs'),
    GetSerialPorts: () => answer('GetSerialPorts'),
    GetVideoSourceConfiguration: (request) => {
      const inner = sourceConfiguration(facts, sourceAsked(facts, request), 'tmd:VideoSourceConfiguration')
      return answer('GetVideoSourceConfiguration', inner)
    },
    GetVideoSourceConfigurationOptions: (request) => {
      sourceAsked(facts, request)
      const inner = sourceOptions(facts, request, 'tmd:VideoSourceConfigurationOptions')
      return answer('GetVideoSourceConfigurationOptions', inner)
    },
    GetDigitalInputs: () => {
      const rows = [...settings.inputs].map(
        ([token, idle]) => `<tmd:DigitalInputs token="${token}" IdleState="${idle}"/>`,
      )
      return answer('GetDigitalInputs', rows.join(''))
    },
    ...(profile.digitalInputs > 0 ? inputOperations(facts) : {}),
    ...(profile.relayOutputs > 0 ? relayOutputOperations(facts) : {}),
  }
}

function sourceAsked(facts: CameraFacts, request: SoapRequest): number {
  return channelAsked(facts, request, 'VideoSourceToken', facts.profile.tokens.source, 'ter:NoVideoSource')
}

const IDLE_STATES = ['open', 'closed'] as const

function inputOperations(facts: CameraFacts): Operations {
  return {
    GetDigitalInputConfigurationOptions: () => {
      const states = IDLE_STATES.map((state) => `<tmd:IdleState>${state}</tmd:IdleState>`).join('')
      const inner = `<tmd:DigitalInputOptions>${states}</tmd:DigitalInputOptions>`
      return answer('GetDigitalInputConfigurationOptions', inner)
    },
    SetDigitalInputConfigurations: (request) => {
      const changes = request.body.children.map(({ attributes }) => {
        const token = attributes['token'] ?? ''
        const state = IDLE_STATES.find((one) => one === attributes['IdleState'])
        if (!facts.settings.inputs.has(token) || !state)
          throw invalidArgument('ter:NoToken', `There is no digital input "${token}", or no such idle state`)
        return [token, state] as const
      })
      for (const [token, state] of changes) facts.settings.inputs.set(token, state)
      return answer('SetDigitalInputConfigurations')
    },
  }
}

function relayOutputOperations(facts: CameraFacts): Operations {
  const { relays } = facts.settings
  return {
    GetRelayOutputOptions: (request) => {
      const token = child(request.body, 'RelayOutputToken')?.text
      if (token !== undefined && !relays.has(token))
        throw invalidArgument('ter:RelayToken', `There is no relay output "${token}"`)
      const wanted = [...relays.keys()].filter((one) => token === undefined || one === token)
      const options =
        '<tmd:Mode>Bistable</tmd:Mode><tmd:Mode>Monostable</tmd:Mode><tmd:DelayTimes>1 60</tmd:DelayTimes>'
      const rows = wanted.map((one) => `<tmd:RelayOutputOptions token="${one}">${options}</tmd:RelayOutputOptions>`)
      return answer('GetRelayOutputOptions', rows.join(''))
    },
    SetRelayOutputSettings: (request) => {
      const given = child(request.body, 'RelayOutput')
      const { token, relay } = relayAsked(facts, given?.attributes['token'] ?? '')
      relays.set(token, { ...relay, ...relaySettings(given) })
      return answer('SetRelayOutputSettings')
    },
  }
}
