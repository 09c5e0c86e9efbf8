import type { FaultName } from '../../faults/fault.ts'
import type { Answer } from '../answer.ts'
import { type Asked, ELSEWHERE } from './rule.ts'

interface Refusal {
  readonly methods: readonly string[]
  readonly answer: (asked: Asked) => Answer
}

const plain = (status: Answer['status'], ...methods: readonly string[]): Refusal => ({
  methods,
  answer: () => ({ status }),
})

const REFUSALS: Partial<Record<FaultName, Refusal>> = {
  'rtsp-options-501': plain(501, 'OPTIONS'),
  'rtsp-describe-404': plain(404, 'DESCRIBE'),
  'rtsp-setup-503': plain(503, 'SETUP'),
  'rtsp-play-454': plain(454, 'PLAY'),
  'rtsp-parameter-400': plain(400, 'GET_PARAMETER', 'SET_PARAMETER'),
  'rtsp-redirect': {
    methods: ['DESCRIBE'],
    answer: ({ request }) => ({
      status: 302,
      headers: { Location: request.uri.replace(/^(rtsp:\/\/)[^/]*/i, `$1${ELSEWHERE}`) },
    }),
  },
  'rtsp-play-401': {
    methods: ['PLAY'],
    answer: ({ guard }) => ({ status: 401, headers: { 'WWW-Authenticate': guard.rtspChallenges(false) } }),
  },
}

/** How a fault has the camera refuse what it would grant; undefined where none does. */
export function refuseWrongly(asked: Asked): Answer | undefined {
  for (const [{ methods, answer }] of asked.facts.faults.active(REFUSALS))
    if (methods.includes(asked.request.method)) return answer(asked)
  return undefined
}
