import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type AgentFacts, metricsOf } from './agent-metrics.ts'
import { ProcessWatch } from './process-facts.ts'
import { textOf } from './prometheus.ts'
import { serveMetrics } from './serve.ts'

using watch = new ProcessWatch()
const facts: AgentFacts = {
  ...{ version: '1.0 "x"\\\n', uptimeS: 12.5, connected: true, connects: 3, cap: false, resends: 1, junk: 0 },
  spool: { messages: 7, bytes: 700, dropped: 0 },
  published: new Map([['camera-event', { messages: 5, bytes: 500 }]]),
  cameras: [
    { camera: 'cameraaaaaaaaaaa', level: 'up' },
    { camera: 'camerabbbbbbbbbb', level: 'unreachable' },
  ],
  egress: { items: 2, bytes: 2000, queuedItems: 0, queuedBytes: 0 },
  process: watch.look(),
}

interface Parsed {
  readonly type: string
  readonly samples: { labels: Record<string, string>; value: number }[]
}

/** A strict reader of the text exposition format, 0.0.4: HELP, TYPE, then samples, each metric in one block. */
function parse(text: string): Map<string, Parsed> {
  assert.ok(text.endsWith('\n'), 'the last line ends with a line feed')
  const metrics = new Map<string, Parsed>()
  const lines = text.slice(0, -1).split('\n')
  for (let at = 0; at < lines.length; ) {
    const [, name = ''] = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) \S.*$/.exec(lines[at] ?? '') ?? []
    const [, typed = '', type = ''] = /^# TYPE (\S+) (counter|gauge)$/.exec(lines[at + 1] ?? '') ?? []
    assert.ok(name !== '' && typed === name && !metrics.has(name), `line ${at + 1}: ${lines[at]}`)
    if (type === 'counter') assert.match(name, /_total$/)
    const samples: Parsed['samples'] = []
    for (at += 2; at < lines.length && !lines[at]?.startsWith('#'); at += 1) {
      const [, sampled, , labels = '', value] = /^([a-zA-Z0-9_:]+)(\{(.+)\})? (\S+)$/.exec(lines[at] ?? '') ?? []
      assert.equal(sampled, name, lines[at])
      assert.ok(!Number.isNaN(Number(value)), lines[at])
      samples.push({ labels: labelsOf(labels), value: Number(value) })
    }
    assert.equal(new Set(samples.map(({ labels }) => JSON.stringify(labels))).size, samples.length, `${name} twice`)
    metrics.set(name, { type, samples })
  }
  return metrics
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y
  for (let match = pair.exec(text); match; match = pair.exec(text)) {
    const [, name = '', value = ''] = match
    labels[name] = value.replace(/\\(.)/g, (_, each) => (each === 'n' ? '\n' : each))
    if (pair.lastIndex === text.length) return labels
  }
  assert.equal(text, '', `labels: ${text}`)
  return labels
}

const get = (where: object) =>
  new Promise<{ status: number; type: string; body: string }>((resolve, reject) => {
    const asked = request({ ...where, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      const { statusCode: status = 0, headers } = response
      response.on('end', () => resolve({ status, type: headers['content-type'] ?? '', body }))
    })
    asked.on('error', reject).end()
  })

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'lenscap-metrics-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

describe('the metrics', () => {
  it('are what Prometheus reads, escapes included', () => {
    const metrics = parse(textOf(metricsOf(facts)))
    const firstOf = (name: string) => metrics.get(name)?.samples[0]?.value
    assert.equal(firstOf('lenscap_spool_messages'), 7)
    assert.equal(firstOf('lenscap_egress_bytes_total'), 2000)
    assert.deepEqual(metrics.get('lenscap_build_info')?.samples[0]?.labels, { version: facts.version })
    assert.deepEqual(metrics.get('lenscap_messages_total')?.samples, [{ labels: { kind: 'camera-event' }, value: 5 }])
    assert.deepEqual(
      metrics.get('lenscap_cameras')?.samples.map(({ value }) => value),
      [1, 0, 0, 1, 0],
    )
    assert.ok(Number(firstOf('process_resident_memory_bytes')) > 1e6)
  })

  it('answer on a socket that only the agent can open, also where a killed agent left one', async (t) => {
    const listen = join(folder(t), 'metrics.sock')
    for (let round = 0; round < 2; round++) {
      await using _server = await serveMetrics({ listen, facts: () => facts })
      assert.equal(statSync(listen).mode & 0o777, 0o600)
      const { status, type, body } = await get({ socketPath: listen, path: '/metrics' })
      assert.equal(status, 200)
      assert.match(type, /^text\/plain; version=0\.0\.4/)
      assert.ok(parse(body).size > 15)
    }
  })

  it('answer on loopback, with the health beside them, and to nothing else', async () => {
    await using server = await serveMetrics({ listen: '127.0.0.1:0', facts: () => ({ ...facts, connected: false }) })
    const at = { host: '127.0.0.1', port: Number(server.address.split(':')[1]) }
    const health = await get({ ...at, path: '/healthz' })
    assert.deepEqual(JSON.parse(health.body), { ok: true, connected: false, uptimeS: 13, spool: 7 })
    assert.equal((await get({ ...at, path: '/' })).status, 404)
    assert.equal((await get({ ...at, path: '/metrics', method: 'POST' })).status, 405)
    await assert.rejects(serveMetrics({ listen: server.address, facts: () => facts }), { kind: 'busy' })
  })

  it('never answer where others could ask', async () => {
    await assert.rejects(serveMetrics({ listen: '0.0.0.0:0', facts: () => facts }), { kind: 'invalid' })
  })
})
