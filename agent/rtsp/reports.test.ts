import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { KeepAlive } from './keep-alive.ts'
import { Reception } from './reception.ts'
import { formatReceiverReport, parseRtcp } from './rtcp.ts'

const packet = (sequence: number, timestamp = 0, ssrc = 9) => ({
  sequence: sequence & 0xffff,
  timestamp,
  ssrc,
  payloadType: 96,
  marker: false,
  payload: Buffer.alloc(0),
})

function senderReport(seconds: number, fraction: number, rtp: number): Buffer {
  const report = Buffer.alloc(28)
  report.set([0x80, 200, 0, 6])
  report.writeUInt32BE(seconds, 8)
  report.writeUInt32BE(fraction, 12)
  report.writeUInt32BE(rtp, 16)
  return report
}

const GOODBYE = Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 7])

describe('RTCP', () => {
  it('of a camera tells its time and its end', () => {
    const { report, goodbye } = parseRtcp(Buffer.concat([senderReport(3_913_056_000, 2 ** 31, 90_000), GOODBYE]))
    assert.equal(goodbye, true)
    assert.deepEqual(report, { clockMs: Date.UTC(2024, 0, 1) + 500, rtp: 90_000, ntpMiddle: 0x7f00_8000 })
    assert.equal(parseRtcp(senderReport(0, 0, 5)).report, undefined, 'a camera without a clock')
    assert.equal(parseRtcp(senderReport(5, 0, 5).subarray(0, 12)).report, undefined)
  })

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void parseRtcp(bytes)),
      { seed: 20_261_106 },
    )
  })

  it('to a camera tells what was lost, and when it was last heard', () => {
    const reception = new Reception(90_000)
    assert.equal(reception.block(undefined), undefined)
    for (const sequence of [65_534, 65_535, 0, 3]) reception.note(packet(sequence), 0)
    const block = reception.block({ ntpMiddle: 0xabcd, agoMs: 2000 })
    assert.ok(block)
    assert.deepEqual(
      [block.readUInt32BE(), block[4], block.readIntBE(5, 3), block.readUInt32BE(8)],
      [9, 85, 2, 65_536 + 3],
    )
    assert.deepEqual([block.readUInt32BE(16), block.readUInt32BE(20)], [0xabcd, 2 * 65_536])
    reception.note(packet(4), 0)
    assert.equal(reception.block(undefined)?.[4], 0, 'nothing was lost since')
    const compound = formatReceiverReport(7, block)
    assert.deepEqual([compound.length, compound.readUInt16BE(2), compound.readUInt16BE(34)], [52, 7, 4])
  })
})

describe('keep-alive', () => {
  const beats = async (offered: readonly string[], answers: Readonly<Record<string, number>> = {}) => {
    const keepAlive = new KeepAlive(60, new Set(offered))
    const asked: string[] = []
    for (let i = 0; i < 4; i++) {
      await keepAlive.beat(async (method) => {
        asked.push(method)
        return answers[method] ?? 200
      })
    }
    return asked
  }

  it('asks by what the camera offers, by both where it offers both', async () => {
    assert.deepEqual(await beats(['OPTIONS', 'GET_PARAMETER']), [
      'GET_PARAMETER',
      'OPTIONS',
      'GET_PARAMETER',
      'OPTIONS',
    ])
    assert.deepEqual(await beats([]), ['OPTIONS', 'OPTIONS', 'OPTIONS', 'OPTIONS'])
  })

  it('does not repeat what is refused, and leaves it to reports where all is', async () => {
    assert.deepEqual(await beats(['GET_PARAMETER', 'OPTIONS'], { GET_PARAMETER: 405 }), [
      'GET_PARAMETER',
      'OPTIONS',
      'OPTIONS',
      'OPTIONS',
    ])
    assert.deepEqual(await beats(['OPTIONS'], { OPTIONS: 501 }), ['OPTIONS'])
  })

  it('notices a forgotten session, and asks in time', async () => {
    const keepAlive = new KeepAlive(60, new Set(['OPTIONS']))
    assert.equal(await keepAlive.beat(async () => 454), false)
    assert.equal(keepAlive.waitMs, 20_000)
    assert.equal(new KeepAlive(1, new Set()).waitMs, 1000 / 3)
  })
})
