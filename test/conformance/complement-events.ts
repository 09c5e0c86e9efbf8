import { once } from 'node:events'
import { createServer } from 'node:http'
import type { SimulatedCamera } from '../../simulator/fleet/index.ts'
import { until } from '../harness/until.ts'
import { type Asker, textIn } from './asking.ts'

const WSA = 'http://www.w3.org/2005/08/addressing'

/** Pull points and notifications that are posted, with an event of every kind that the camera has. */
export async function askEvents(asker: Asker, camera: SimulatedCamera, consumer: string): Promise<void> {
  const first = managerIn(
    await asker.ask(
      'tev',
      '<tev:CreatePullPointSubscription><tev:InitialTerminationTime>PT60S</tev:InitialTerminationTime></tev:CreatePullPointSubscription>',
    ),
  )
  for (const kind of camera.eventKinds) camera.raise(kind, camera.truth.channels)
  const pull =
    '<tev:PullMessages><tev:Timeout>PT1S</tev:Timeout><tev:MessageLimit>100</tev:MessageLimit></tev:PullMessages>'
  for (const body of [
    pull,
    '<tev:SetSynchronizationPoint/>',
    pull,
    '<wsnt:Renew><wsnt:TerminationTime>PT60S</wsnt:TerminationTime></wsnt:Renew>',
    '<wsnt:Renew><wsnt:TerminationTime>soon</wsnt:TerminationTime></wsnt:Renew>',
    '<wsnt:Unsubscribe/>',
    pull,
  ])
    await asker.askAt(first.address, body, first.header)
  await askPushed(asker, camera, consumer)
}

interface Manager {
  readonly address: string
  /** What must be echoed. */
  readonly header: string
}

function managerIn(answer: string): Manager {
  return {
    address: textIn(answer, 'Address').replaceAll('&#38;', '&'),
    header: /<wsa:ReferenceParameters>(.*)<\/wsa:ReferenceParameters>/.exec(answer)?.[1] ?? '',
  }
}

async function askPushed(asker: Asker, camera: SimulatedCamera, consumer: string): Promise<void> {
  const heard: string[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    heard.push(text)
    response.end()
  })
  server.listen(0, consumer)
  await once(server, 'listening')
  const bound = server.address()
  const sink = (host: string) => `http://${host}:${typeof bound === 'object' ? bound?.port : 0}/sink`
  const subscribe = (host: string) =>
    asker.ask(
      'tev',
      `<wsnt:Subscribe><wsnt:ConsumerReference><a:Address xmlns:a="${WSA}">${sink(host)}</a:Address></wsnt:ConsumerReference></wsnt:Subscribe>`,
    )
  try {
    await subscribe('192.0.2.9')
    const manager = managerIn(await subscribe(consumer))
    for (const kind of camera.eventKinds) camera.raise(kind)
    await until('a notification', () => heard.length > 0)
    await asker.askAt(manager.address, '<wsnt:Unsubscribe/>', manager.header)
    for (const text of heard) await asker.keep(text, 'Notify')
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
