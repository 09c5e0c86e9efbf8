import type { FastifyInstance } from 'fastify'
import { RecordingText, type Stage } from '../scenario/index.ts'
import { ScenarioBody } from './bodies.ts'
import { ControlError } from './control-error.ts'

const SCENARIO_BYTES_MAX = 16_777_216
/** Where a recording that the API began is. */
const IN_MEMORY = 'memory'

/** Playing and recording. A recording begun here stays in memory: no client may name a file to be written. */
export function addStage(app: FastifyInstance, stage: Stage): void {
  const types = [
    'text/plain',
    'text/yaml',
    'application/yaml',
    'application/x-yaml',
    'application/x-www-form-urlencoded',
  ]
  app.addContentTypeParser(types, { parseAs: 'string', bodyLimit: SCENARIO_BYTES_MAX }, (_request, body, done) =>
    done(null, body),
  )
  app.get('/scenario', () => stage.scenario)
  app.post('/scenario', { bodyLimit: SCENARIO_BYTES_MAX }, ({ body }) => {
    const sent = ScenarioBody.parse(body)
    return typeof sent === 'string' ? stage.play(sent, 'scenario') : stage.play(sent.text, sent.name ?? 'scenario')
  })
  app.delete('/scenario', () => stage.stopPlaying())
  addRecording(app, stage)
}

function addRecording(app: FastifyInstance, stage: Stage): void {
  const kept: { text?: RecordingText } = {}
  const state = () => stage.recording ?? { isRunning: false, steps: 0, elapsedMs: 0, into: null }
  app.get('/recording', state)
  app.post('/recording', () => {
    const text = new RecordingText()
    stage.record(text, IN_MEMORY)
    kept.text = text
    return state()
  })
  app.delete('/recording', async () => {
    await stage.stopRecording()
    return state()
  })
  app.get('/recording/file', (_request, reply) => {
    if (!kept.text) throw new ControlError(404, 'There is no recording here: POST /recording begins one')
    return reply
      .type('application/yaml; charset=utf-8')
      .header('content-disposition', 'attachment; filename="recording.yaml"')
      .send(kept.text.toString())
  })
}
