import type { FaultName } from '../../faults/fault.ts'
import { type AnswerRule, type Asked, ELSEWHERE, withHeader } from './rule.ts'

type Telling = (sdp: string, asked: Asked) => string

const telling = (change: Telling): AnswerRule => ({
  methods: ['DESCRIBE'],
  change: (answer, asked) => ({ ...answer, body: change(answer.body ?? '', asked) }),
})
const based = (change: (base: string) => string | undefined): AnswerRule => ({
  methods: ['DESCRIBE'],
  change: (answer) => withHeader(answer, 'Content-Base', change),
})

const TRACK = /a=control:(trackID=\d+)/g
const METADATA = ['m=application 0 RTP/AVP 107', 'a=rtpmap:107 vnd.onvif.metadata/90000', 'a=control:trackID=9', '']

const controlledAt = (sdp: string, base: string) => sdp.replace(TRACK, `a=control:${base.replace(/\/$/, '')}/$1`)
const elsewhere = (uri: string) => uri.replace(/^(rtsp:\/\/)[^/]*/i, `$1${ELSEWHERE}`)

/** How a camera describes its streams wrongly, or oddly. */
export const DESCRIPTIONS: Partial<Record<FaultName, AnswerRule>> = {
  'rtsp-content-base-wrong': based(elsewhere),
  'rtsp-content-base-missing': based(() => undefined),
  'rtsp-describe-empty': {
    methods: ['DESCRIBE'],
    change: ({ status, headers = {} }) => ({ status, headers }),
  },
  'sdp-control-absolute': telling((sdp, { request }) => controlledAt(sdp, request.uri)),
  'sdp-control-wrong-host': telling((sdp, { request }) => controlledAt(sdp, elsewhere(request.uri))),
  'sdp-control-missing': telling((sdp) => sdp.replace(/a=control:trackID=\d+\r\n/g, '')),
  'sdp-no-sprop': telling((sdp) => sdp.replace(/;?sprop-[a-z-]+=[^;\r]+/g, '').replace(/a=fmtp:\d+ \r\n/g, '')),
  'sdp-sprop-wrong': telling(withSetsOfAnother),
  'sdp-codec-wrong': telling((sdp) => sdp.replace(/ H26([45])\//g, (_, digit) => ` H26${digit === '4' ? '5' : '4'}/`)),
  'sdp-audio-first': telling((sdp) => {
    const [head = '', ...media] = sdp.split(/(?=^m=)/m)
    return head + media.toReversed().join('')
  }),
  'sdp-metadata-track': telling((sdp) => sdp + METADATA.join('\r\n')),
}

/** The parameter sets of the other stream of the first channel: of the sub-stream for the main one, and the reverse. */
function withSetsOfAnother(sdp: string, { facts }: Asked): string {
  const scene = facts.showings[0]?.scene
  if (!scene) return sdp
  const texts = [scene, scene.sub].map(({ parameterSets }) => parameterSets.map((set) => set.toString('base64')))
  const other = texts.find((sets) => !sdp.includes(sets.join(','))) ?? []
  const remaining = [...other]
  return sdp
    .replace(/(sprop-parameter-sets=)[^;\r]+/g, `$1${other.join(',')}`)
    .replace(/(sprop-[vsp]ps=)[^;\r]+/g, (_, name) => name + (remaining.shift() ?? ''))
}
