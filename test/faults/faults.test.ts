import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { ADVICE } from '../../agent/health/advice.ts'
import { DiagnosisCode } from '../../agent/protocol/camera.ts'
import { ownWideNet } from '../harness/ports.ts'
import { diagnosesDocument, readDocument } from './document.ts'
import { EXPECTED, verdictOf, wrongsInWords } from './expected.ts'
import { type Phase, runTrial } from './trial.ts'

/** One of each sort, those that show and go soonest; `main.ts` tries all of them. */
const QUICK: Record<Phase, readonly string[]> = {
  running: ['connection-reset', 'status-line-garbage', 'busy-503', 'html-200', 'xml-huge', 'power-cut', 'event-storm'],
  starting: ['create-fault', 'create-404', 'xml-deep', 'discovery-garbage', 'no-keep-alive', 'xml-malformed'],
}

describe('a fault', { concurrency: true }, () => {
  for (const phase of ['running', 'starting'] as const) {
    it(`is told right, costs the camera little and leaves no trace: ${phase}`, async () => {
      const faults = EXPECTED.filter(({ name }) => QUICK[phase].includes(name)).map(({ fault }) => fault)
      assert.equal(faults.length, QUICK[phase].length)
      const of = { profile: 'plain' as const, phase }
      const isRight = (diagnosis: string, fault: string) => wrongsInWords({ ...of, fault, diagnosis }).length === 0
      // Deadlines for a machine that is busy with all the other tests: each step ends as soon as all is right.
      const plan = { ...of, isRight, settleS: 180, duringS: 240, afterS: 300, net: await ownWideNet() }
      const { outcomes } = await runTrial({ ...plan, faults })
      // How soon is told by `main.ts`, on a machine of its own.
      const wrong = outcomes.map((outcome) => {
        const { fault, diagnosis } = outcome
        return [fault, diagnosis, verdictOf({ ...outcome, goneAfterS: undefined })]
      })
      assert.deepEqual(
        wrong.filter(([, , verdict]) => verdict !== ''),
        [],
      )
    })
  }
})

test('every diagnosis is one that some fault or the owner can meet, and has its sentence', () => {
  for (const code of DiagnosisCode.options) assert.ok(ADVICE[code].length > 20, code)
})

test('docs/diagnoses.md says what the code says', async () => {
  assert.equal(await readDocument(), diagnosesDocument(), 'write it anew: node test/faults/document.ts')
})
