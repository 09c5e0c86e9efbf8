import { connect } from 'node:net'
import { LenscapError } from '../base/errors.ts'
import { ControlAnswer, type ControlRequest } from './control.ts'

/**
 * Asks a running agent; yields its answer, line by line.
 * @throws LenscapError `unreachable` where none runs, `refused` for another user's, `invalid` for what it could not answer
 */
export async function* askAgent(path: string, request: ControlRequest, signal: AbortSignal) {
  const socket = connect(path)
  const stop = () => socket.destroy()
  signal.addEventListener('abort', stop, { once: true })
  socket.setEncoding('utf8')
  socket.write(`${JSON.stringify(request)}\n`)
  try {
    let text = ''
    for await (const chunk of socket) {
      const lines = `${text}${chunk}`.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) yield answerIn(line)
    }
  } catch (error) {
    if (error instanceof LenscapError) throw error
    if (!signal.aborted) throw explained(error)
  } finally {
    signal.removeEventListener('abort', stop)
    socket.destroy()
  }
}

function answerIn(line: string): Exclude<ControlAnswer, { error: string }> {
  const answer = ControlAnswer.safeParse(JSON.parse(line))
  if (!answer.success) throw new LenscapError('invalid', 'The running agent is of another release: restart it')
  if ('error' in answer.data) throw new LenscapError('invalid', answer.data.error)
  return answer.data
}

function explained(failure: unknown): LenscapError {
  const code = failure instanceof Error && 'code' in failure ? failure.code : ''
  if (code === 'EACCES' || code === 'EPERM') {
    return new LenscapError(
      'refused',
      'The agent belongs to another user: run this as that user, or as root',
      {},
      failure,
    )
  }
  return new LenscapError(
    'unreachable',
    'No agent is running with this configuration: start it with "run"',
    {},
    failure,
  )
}
