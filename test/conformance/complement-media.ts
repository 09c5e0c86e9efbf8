import { type Asker, tokenIn } from './asking.ts'

/** Media, imaging: what is set, and what needs the token of a configuration. */
export async function askMedia(asker: Asker): Promise<void> {
  await askMedia1(asker)
  if (asker.has('tr2')) await askMedia2(asker)
  if (!asker.has('timg')) return
  const source = tokenIn(await asker.ask('trt', '<trt:GetVideoSources/>'), 'VideoSources')
  for (const brightness of [70, 700]) {
    const settings = `<timg:ImagingSettings><tt:Brightness>${brightness}</tt:Brightness><tt:IrCutFilter>ON</tt:IrCutFilter></timg:ImagingSettings>`
    await asker.ask(
      'timg',
      `<timg:SetImagingSettings><timg:VideoSourceToken>${source}</timg:VideoSourceToken>${settings}</timg:SetImagingSettings>`,
    )
  }
  await asker.ask(
    'timg',
    `<timg:GetImagingSettings><timg:VideoSourceToken>${source}</timg:VideoSourceToken></timg:GetImagingSettings>`,
  )
}

async function askMedia1(asker: Asker): Promise<void> {
  const media = (operation: string, inner: string) => asker.ask('trt', `<trt:${operation}>${inner}</trt:${operation}>`)
  const profiles = await media('GetProfiles', '')
  await media('SetSynchronizationPoint', `<trt:ProfileToken>${tokenIn(profiles, 'Profiles')}</trt:ProfileToken>`)
  const named = (local: string) => `<trt:ConfigurationToken>${tokenIn(profiles, local)}</trt:ConfigurationToken>`
  await media('GetGuaranteedNumberOfVideoEncoderInstances', named('VideoSourceConfiguration'))
  for (const kind of ['VideoSource', 'VideoEncoder', 'AudioSource', 'AudioEncoder'])
    for (const operation of [`Get${kind}Configuration`, `Get${kind}ConfigurationOptions`])
      await media(operation, named(`${kind}Configuration`))
  const encoders = await media('GetVideoEncoderConfigurations', '')
  for (const rate of [5, 500]) {
    const changed = firstOf(encoders, 'trt:Configurations', 'trt:Configuration', rate)
    if (changed)
      await media('SetVideoEncoderConfiguration', `${changed}<trt:ForcePersistence>true</trt:ForcePersistence>`)
  }
  await media('GetVideoEncoderConfigurations', '')
}

async function askMedia2(asker: Asker): Promise<void> {
  const media = (operation: string, inner: string) => asker.ask('tr2', `<tr2:${operation}>${inner}</tr2:${operation}>`)
  const profiles = await media('GetProfiles', '<tr2:Type>All</tr2:Type>')
  const token = `<tr2:ProfileToken>${tokenIn(profiles, 'Profiles')}</tr2:ProfileToken>`
  await media('SetSynchronizationPoint', token)
  for (const operation of ['GetStreamUri', 'GetSnapshotUri'])
    await media(operation, `${operation === 'GetStreamUri' ? '<tr2:Protocol>RTSP</tr2:Protocol>' : ''}${token}`)
  for (const kind of ['VideoSource', 'VideoEncoder', 'AudioSource', 'AudioEncoder'])
    for (const operation of [`Get${kind}Configurations`, `Get${kind}ConfigurationOptions`])
      await media(operation, token)
  const encoders = await media('GetVideoEncoderConfigurations', '')
  for (const rate of [5, 500]) {
    const changed = firstOf(encoders, 'tr2:Configurations', 'tr2:Configuration', rate)
    if (changed) await media('SetVideoEncoderConfiguration', changed)
  }
  await media('GetVideoEncoderConfigurations', '')
}

/** The first configuration of an answer, renamed, with another frame rate; undefined where there is none. */
function firstOf(answer: string, element: string, renamed: string, rate: number): string | undefined {
  return new RegExp(`<${element} .*?</${element}>`)
    .exec(answer)?.[0]
    .replaceAll(element, renamed)
    .replace(/FrameRateLimit>[\d.]+/, `FrameRateLimit>${rate}`)
}
