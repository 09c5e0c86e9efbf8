import type { Socket } from 'node:net'
import type { FaultName } from '../../faults/fault.ts'
import type { Admission } from '../../onvif/guard.ts'
import type { Answer } from '../answer.ts'
import type { RtspContext } from '../context.ts'
import type { RtspRequest } from '../reader.ts'
import type { PacketSink } from '../sender.ts'
import { DESCRIPTIONS } from './descriptions.ts'
import { offerWrongly, WrongLogin } from './login.ts'
import { refuseWrongly } from './refusals.ts'
import type { AnswerRule, Asked } from './rule.ts'
import { SESSIONS } from './sessions.ts'
import { SpoiltSink } from './spoilt-sink.ts'

const RULES: Partial<Record<FaultName, AnswerRule>> = { ...DESCRIPTIONS, ...SESSIONS }

/** What one connection's dialogue does wrong. */
export class Misbehaviour {
  readonly #context: RtspContext
  readonly #socket: Socket
  readonly #login = new WrongLogin()

  constructor(context: RtspContext, socket: Socket) {
    this.#context = context
    this.#socket = socket
  }

  admit(admission: Admission, request: RtspRequest): Admission {
    return this.#login.admit(admission, this.#asked(request))
  }

  /** Gives what `rightly` answers, or what a fault makes of it. */
  async answer(request: RtspRequest, admission: Admission, rightly: () => Promise<Answer>): Promise<Answer> {
    const { faults, later } = this.#context.facts
    if (faults.isEmpty) return await rightly()
    const asked = this.#asked(request)
    if (!admission.admitted && request.method !== 'OPTIONS') return offerWrongly(await rightly(), asked)
    const refusal = refuseWrongly(asked)
    if (refusal) return refusal
    if (request.method === 'SETUP' && this.#context.crowd.hasNoRoomFor(this.#socket)) return { status: 453 }
    const answer = await rightly()
    const slowMs = request.method === 'DESCRIBE' ? faults.valueOf('rtsp-slow-describe') : 0
    if (slowMs > 0) await new Promise<void>((resolve) => later(slowMs, resolve))
    return answer.status === 200 ? this.#change(answer, asked) : answer
  }

  #change(answer: Answer, asked: Asked): Answer {
    let told = answer
    for (const [{ methods, change }, value] of asked.facts.faults.active(RULES))
      if (methods.includes(asked.request.method)) told = change(told, asked, value)
    return told
  }

  #asked(request: RtspRequest): Asked {
    const { facts, guard } = this.#context
    return { request, facts, guard }
  }

  /** One track's way to the client. */
  spoil(sink: PacketSink, clockHz: number): PacketSink {
    const { facts, chance } = this.#context
    return new SpoiltSink(sink, { faults: facts.faults, clockHz, now: facts.now, random: chance() })
  }
}
