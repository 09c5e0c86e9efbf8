import type { Guard } from '../../onvif/guard.ts'
import type { Answer } from '../answer.ts'
import type { RtspContext } from '../context.ts'
import type { RtspRequest } from '../reader.ts'

/** Where whoever follows a wrong address ends: nobody lives there (RFC 5737). */
export const ELSEWHERE = '192.0.2.1'

/** What a rule may look at. */
export interface Asked {
  readonly request: RtspRequest
  readonly facts: RtspContext['facts']
  readonly guard: Guard
}

/** Changes the answers to these methods; only those that grant what was asked. */
export interface AnswerRule {
  readonly methods: readonly string[]
  readonly change: (answer: Answer, asked: Asked, value: number) => Answer
}

/** The same answer with one header changed, or without it. */
export function withHeader(answer: Answer, name: string, change: (value: string) => string | undefined): Answer {
  const { [name]: before, ...others } = answer.headers ?? {}
  if (typeof before !== 'string') return answer
  const after = change(before)
  return { ...answer, headers: after === undefined ? others : { ...others, [name]: after } }
}
