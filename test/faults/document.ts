import { readFile, writeFile } from 'node:fs/promises'
import { ADVICE } from '../../agent/health/advice.ts'
import { DiagnosisCode } from '../../agent/protocol/camera.ts'
import { EXPECTED, type Expected } from './expected.ts'
import { rowOfStream, STREAM_GROUPS } from './expected-streams.ts'

/** Where the installer reads it. */
const PLACE = new URL('../../docs/diagnoses.md', import.meta.url)

const HEAD = `# What the agent says of a camera, and what to do about it

Every camera has a level and any number of diagnoses. They are in its \`health\` message, in the console, and in
\`lenscap-agent doctor\` and \`cameras\`.

| Level | Means |
|---|---|
| \`up\` | ONVIF answers, and lets the agent in |
| \`up-without-auth\` | ONVIF answers, and does not let the agent in |
| \`reachable\` | something answers that is not ONVIF, or not now |
| \`unreachable\` | nothing answers |

A camera that dies is told within 30 seconds: ten after its last word it is asked, and it is dead when it does not answer
twice. One that says Bye is asked at once. One that comes back is told with its first answer.

## The diagnoses
`

const MIDDLE = `
## What the simulator's faults lead to

Each fault of \`lenscap-simulator faults\` is tried on a real agent: it neither ends nor floods the camera, says what stands
here, and recovers when the fault ends. *Running*: the fault begins while the agent watches a well camera; *starting*: it
is there before the agent. A dash: the camera stays well. *Not found*: it is no camera that was ever read, so nothing is
said of it; \`discover\` and the log say why. Some may also say for a moment what stands in brackets. A star: the agent comes
back by itself only after the rest that its diagnosis asks for, so as not to be locked out anew, or when a person sees to it.

No grant is given in these trials: none of the faults of media, RTSP and RTP changes anything, as no picture is asked for.
What those do to a camera that is recorded stands further below.
`

const BRANDS = `
## Where a brand differs

The table above is what a plain camera leads to, and so do the simulator's brands (\`node test/faults/main.ts\` tries each
fault on each), but for these:
`

const STREAMS = `
## What the faults of streams lead to while the owner allows clips and pictures

\`node test/faults/main.ts --recorded\` tries each of them, and did so on all brands but the recorders \`nvr16\` and \`nvr32\`, on
\`amcrest\`, \`nvr\` and \`tapo\` while it plays only: the agent neither ends nor floods the camera, memory stays bounded, a refused password is not shown again, what stands here is said, and clips come again when the fault ends. *Playing*: the
fault begins while the stream plays; *asked*: it is there when the stream is asked for. A dash: clips come, and all is
well. A clip that does not come is told with the reason (\`no picture comes: …\`), after a stall or two tries in vain; so are
snapshots after two in a row (\`SNAPSHOT_FAILED\`), where the stream itself comes. Brackets and stars as above.
`

/** The whole document, made from the code's own tables. */
export function diagnosesDocument(): string {
  const codes = DiagnosisCode.options.map((code) => `| \`${code}\` | ${ADVICE[code]} |`)
  const faults = EXPECTED.map(
    (row) =>
      `| ${row.group} | \`${row.fault}\`${row.isSlow ? ' *' : ''} | ${cell(row.running)} | ${cell(row.starting)}${brackets(row)} |`,
  )
  return [
    HEAD,
    '| Code | What to do |',
    '|---|---|',
    ...codes,
    MIDDLE,
    '| About | Fault | Running | Starting |',
    '|---|---|---|---|',
    ...faults,
    BRANDS,
    '| Fault | Brands | Running | Starting | Since it … |',
    '|---|---|---|---|---|',
    ...EXPECTED.flatMap(rowsOfBrands),
    STREAMS,
    '| About | Fault | Playing | Asked | Snapshots |',
    '|---|---|---|---|---|',
    ...EXPECTED.filter(({ group }) => STREAM_GROUPS.includes(group)).map(rowOfRecorded),
    '',
  ].join('\n')
}

function rowOfRecorded({ group, fault, name }: Expected): string {
  const row = rowOfStream(name) ?? {}
  const said = (code: string | undefined) => (code === undefined ? '–' : `\`${code}\``)
  const star = row.isSlow ? ' *' : ''
  const pictures = { fail: '`SNAPSHOT_FAILED`', unasked: 'not asked for' }
  return `| ${group} | \`${fault}\`${star} | ${said(row.running)} | ${said(row.starting)}${brackets(row)} | ${row.pictures ? pictures[row.pictures] : '–'} |`
}

/** Brands that differ alike share a row. */
function rowsOfBrands({ fault, on = {} }: Expected): string[] {
  const brands = new Map<string, string[]>()
  for (const [brand, row] of Object.entries(on)) {
    const what = `${cell(row.running)} | ${cell(row.starting)}${brackets(row)} | ${row.why}`
    brands.set(what, [...(brands.get(what) ?? []), brand])
  }
  return [...brands].map(([what, names]) => `| \`${fault}\` | ${names.join(', ')} | ${what} |`)
}

function cell(diagnosis: Expected['running']): string {
  if (diagnosis === 'unknown') return 'not found'
  return diagnosis === undefined ? '–' : diagnosis.map((code) => `\`${code}\``).join(' ')
}

const brackets = ({ may = [] }: { readonly may?: readonly string[] }) =>
  may.length === 0 ? '' : ` (${may.map((code) => `\`${code}\``).join(' ')})`

export const readDocument = (): Promise<string> => readFile(PLACE, 'utf8')

if (import.meta.main) await writeFile(PLACE, diagnosesDocument())
