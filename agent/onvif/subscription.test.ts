import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { openDevice } from './device.ts'

const never = new AbortController().signal

const envelope = (body: string) =>
  `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>${body}</s:Body></s:Envelope>`

const SERVICES =
  '<GetServicesResponse><Service><Namespace>http://www.onvif.org/ver10/events/wsdl</Namespace><XAddr>http://192.0.2.7/onvif/events</XAddr></Service></GetServicesResponse>'

const created = (address: string) =>
  `<CreatePullPointSubscriptionResponse><SubscriptionReference><Address>${address}</Address></SubscriptionReference></CreatePullPointSubscriptionResponse>`

/** A device whose pull points are where it says, and what each of its paths was asked. */
async function device(t: TestContext, pullPointAt: () => string) {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const operation = /<s:Body[^>]*><(\w+)/.exec(Buffer.concat(chunks).toString())?.[1] ?? ''
    asked.push(`${operation} ${request.url}`)
    const replies: Record<string, string> = {
      GetServices: SERVICES,
      CreatePullPointSubscription: created(pullPointAt()),
      PullMessages: '<PullMessagesResponse/>',
      Unsubscribe: '<UnsubscribeResponse/>',
    }
    response.end(envelope(replies[operation] ?? `<${operation}Response/>`))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const place = server.address()
  const port = typeof place === 'object' && place ? place.port : 0
  const opened = await openDevice({ ...{ address: '127.0.0.1', port }, clock: systemClock, signal: never })
  return { opened, pulled: () => asked.filter((each) => each.includes('/pull')) }
}

test('a pull point at a port where nobody listens is asked, and freed, where its service is', async (t) => {
  const { opened, pulled } = await device(t, () => 'http://127.0.0.1:9/pull/1')
  const point = await opened.createPullPoint(never)
  for (let pulls = 0; pulls < 3; pulls += 1) assert.deepEqual(await point.pull(1_000, never), [])
  await point.unsubscribe(never)
  const expected = ['PullMessages', 'PullMessages', 'PullMessages', 'Unsubscribe']
  assert.deepEqual(
    pulled(),
    expected.map((operation) => `${operation} /pull/1`),
  )
})

test('a pull point that answered at its own port is not looked for elsewhere when that port is gone', async (t) => {
  const own = createServer((_, response) => response.end(envelope('<PullMessagesResponse/>')))
  await once(own.listen(0, '127.0.0.1'), 'listening')
  const place = own.address()
  const { opened, pulled } = await device(
    t,
    () => `http://127.0.0.1:${typeof place === 'object' ? place?.port : 0}/pull/1`,
  )
  const point = await opened.createPullPoint(never)
  await point.pull(1_000, never)
  own.closeAllConnections()
  await new Promise((resolve) => own.close(resolve))
  await assert.rejects(point.pull(1_000, never), { kind: 'unreachable' })
  assert.deepEqual(pulled(), [])
})
