import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cam, type CamProfile } from 'onvif'
import type { ProfileName } from './index.ts'
import { ask, oneCamera, PASSWORD } from './one-camera.testing.ts'
import { textOf } from './soap-client.testing.ts'

const TR2 = 'http://www.onvif.org/ver20/media/wsdl'
const MEDIA2 = '/onvif/media2_service'

/** The media profiles as a client that is not ours reads them; in Media2, where the camera has it. */
async function profilesOf(profile: ProfileName, address: string): Promise<readonly CamProfile[]> {
  await using one = await oneCamera({ profile, address })
  const options = { hostname: address, port: one.camera.httpPort, username: 'admin', password: PASSWORD, timeout: 4000 }
  return await new Promise((resolve, reject) => {
    const cam: Cam = new Cam(options, (error: Error | null) => (error ? reject(error) : resolve(cam.profiles ?? [])))
  })
}

test('each media profile of a camera that hears names its sound, in the words of either media service', async () => {
  const cases: [profile: ProfileName, encoding: string | undefined][] = [
    ['plain', 'MP4A-LATM'],
    ['hikvision', 'PCMU'],
    ['tapo', 'G711'],
    ['axis', undefined],
  ]
  for (const [i, [profile, encoding]] of cases.entries()) {
    const encodings = (await profilesOf(profile, `127.91.28.${i + 1}`)).map(
      (one) => one['audioEncoderConfiguration']?.encoding,
    )
    assert.deepEqual(encodings, [encoding, encoding], profile)
  }
})

test('Media2 tells the sound’s configurations and their options, and refuses to tell of others', async () => {
  await using one = await oneCamera({ profile: 'plain', address: '127.91.28.9' })
  const told = async (operation: string, inner = '') =>
    (await ask(one.camera, `<${operation} xmlns="${TR2}">${inner}</${operation}>`, MEDIA2)).text
  const [source, encoder, options, other] = await Promise.all([
    told('GetAudioSourceConfigurations'),
    told('GetAudioEncoderConfigurations'),
    told('GetAudioEncoderConfigurationOptions', '<ProfileToken>Profile_1</ProfileToken>'),
    told('GetAudioEncoderConfigurations', '<ConfigurationToken>other</ConfigurationToken>'),
  ])
  assert.equal(textOf(source, 'SourceToken'), 'AudioSource_1')
  assert.deepEqual([textOf(encoder, 'Encoding'), textOf(encoder, 'SampleRate')], ['MP4A-LATM', '16'])
  assert.match(options, /<tt:SampleRateList><tt:Items>16<\/tt:Items><\/tt:SampleRateList>/)
  assert.match(other, /ter:NoConfig/)
  const kinds = await told('GetProfiles', '<Type>AudioEncoder</Type>')
  assert.match(kinds, /<tr2:Configurations><tr2:AudioEncoder token="AudioEncoder_1">/)
})

test('a camera that hears nothing knows no audio operations', async () => {
  await using one = await oneCamera({ profile: 'pelco', address: '127.91.28.10' })
  const { text } = await ask(one.camera, `<GetAudioEncoderConfigurations xmlns="${TR2}"/>`, MEDIA2)
  assert.match(text, /ter:ActionNotSupported/)
})
