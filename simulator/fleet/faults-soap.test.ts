import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import { parseXml } from '../discovery/xml.ts'
import type { SOAP_FAULTS } from '../faults/catalogue/soap.ts'
import { type Effect, exchange, INFORMATION, request, testFaults } from './fault-effects.testing.ts'
import type { SimulatedCamera } from './index.ts'
import { ask } from './one-camera.testing.ts'
import { ownNet } from './own-net.testing.ts'
import { TDS, textOf } from './soap-client.testing.ts'

const net = await ownNet()

const closed = (camera: SimulatedCamera, body = INFORMATION) =>
  request(camera, body).replace('\r\n', '\r\nConnection: close\r\n')

async function bodyOf(camera: SimulatedCamera): Promise<Buffer> {
  const { bytes } = await exchange(camera, closed(camera), 2000)
  return bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)
}

/** What a strict parser refuses. */
const illFormed = (pattern?: RegExp): Effect => [
  undefined,
  async (camera) => {
    const { text } = await ask(camera, INFORMATION)
    assert.throws(() => parseXml(text))
    if (pattern) assert.match(text, pattern)
  },
]
const answering = (pattern: RegExp): Effect => [
  undefined,
  async (camera) => assert.match((await ask(camera, INFORMATION)).text, pattern),
]

const head = (text: string) => text.slice(0, text.indexOf('\r\n\r\n'))
const lengthIn = (text: string) => Number(/content-length: (\d+)/i.exec(head(text))?.[1])

testFaults(net(6), {
  'xml-malformed': illFormed(),
  'xml-undeclared-prefix': illFormed(/<tad:Extra\/>/),
  'services-undeclared-prefix': [
    undefined,
    async (camera) => {
      const { text } = await ask(camera, `<GetServices xmlns="${TDS}"/>`)
      assert.throws(() => parseXml(text), /unbound namespace prefix.*tad/)
      parseXml((await ask(camera, INFORMATION)).text)
    },
  ],
  'text-unescaped': [
    undefined,
    async (camera) => {
      for (const operation of ['GetNTP', 'GetSystemSupportInformation']) {
        const { text } = await ask(camera, `<${operation} xmlns="${TDS}"/>`)
        assert.match(text, / & more</)
        assert.throws(() => parseXml(text), operation)
      }
    },
  ],
  'xml-wrong-namespace': answering(/xmlns:tds="http:\/\/www\.example\.org\//),
  'xml-bom': [undefined, async (camera) => assert.equal((await bodyOf(camera)).toString('hex', 0, 3), 'efbbbf')],
  'xml-wrong-charset': answering(/^<\?xml version="1.0" encoding="UTF-16"\?>/),
  'xml-latin1': [
    undefined,
    async (camera) => {
      const body = await bodyOf(camera)
      assert.throws(() => new TextDecoder('utf-8', { fatal: true }).decode(body))
    },
  ],
  'xml-control-characters': illFormed(),
  'xml-huge': [1024, async (camera) => assert.ok((await ask(camera, INFORMATION)).text.length > 1_000_000)],
  'xml-deep': [
    3000,
    async (camera) => assert.equal((await ask(camera, INFORMATION)).text.split('<tt:Extension>').length, 3001),
  ],
  'xml-entities': answering(/<!ENTITY e9 "&e8;&e8;.*&e9;<\/tt:Extension>/s),
  'xml-leading-junk': illFormed(/^\r\n\r\n /),
  'xml-trailing-junk': illFormed(/<\/env:Envelope>\0\0<env:Envelope>$/),
  'soap-1.1': answering(/xmlns:env="http:\/\/schemas\.xmlsoap\.org\/soap\/envelope\/"/),
  'soap-fault-all': answering(/<env:Fault>.*ter:Action</),
  'soap-fault-200': [
    undefined,
    async (camera) => {
      const { status, text } = await ask(camera, `<NoSuchThing xmlns="${TDS}"/>`)
      assert.equal(status, 200)
      assert.match(text, /ter:ActionNotSupported/)
    },
  ],
  'soap-body-empty': answering(/<env:Body><\/env:Body>/),
  'http-body-empty': answering(/^$/),
  'html-200': answering(/^<!DOCTYPE html>/),
  'content-length-short': [
    undefined,
    async (camera) => assert.doesNotMatch((await ask(camera, INFORMATION)).text, /<\/env:Envelope>/),
  ],
  'content-length-long': [
    undefined,
    async (camera) => {
      const { text } = await exchange(camera, closed(camera))
      assert.equal(lengthIn(text), text.length - head(text).length - 4 + 1000)
      await assert.rejects(ask(camera, INFORMATION), 'a common client sees that it was cut')
    },
  ],
  'content-length-missing': [
    undefined,
    async (camera) => {
      const { text, ended } = await exchange(camera, closed(camera))
      assert.doesNotMatch(head(text), /content-length/i)
      assert.match(text, /<\/env:Envelope>$/)
      assert.equal(ended, 'closed')
    },
  ],
  'content-type-wrong': [
    undefined,
    async (camera) => assert.equal((await ask(camera, INFORMATION)).type, 'text/plain'),
  ],
  'body-endless': [
    undefined,
    async (camera) => {
      const { bytes } = await exchange(camera, request(camera), 2000, 1_000_000)
      assert.ok(bytes.length >= 1_000_000)
    },
  ],
  'gzip-unasked': [
    undefined,
    async (camera) => assert.match(gunzipSync(await bodyOf(camera)).toString(), /<\/env:Envelope>$/),
  ],
  'chunks-broken': [undefined, async (camera) => assert.rejects(ask(camera, INFORMATION))],
  'serial-numeric': [
    undefined,
    async (camera) => {
      const { text } = await ask(camera, INFORMATION)
      assert.deepEqual(
        [textOf(text, 'SerialNumber'), textOf(text, 'FirmwareVersion')],
        ['12345678901234567890', '2.10'],
      )
    },
  ],
  'serial-empty': [
    undefined,
    async (camera) => assert.equal(textOf((await ask(camera, INFORMATION)).text, 'SerialNumber'), ''),
  ],
} satisfies Record<keyof typeof SOAP_FAULTS, Effect>)
