import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type ProfileName, type SimulatedCamera, startFleet } from '../../simulator/fleet/index.ts'
import { PROFILE_NAMES, PROFILES } from '../../simulator/profiles/catalogue.ts'
import { until } from '../harness/until.ts'
import { Asker } from './asking.ts'
import { askTheRest } from './complement.ts'
import { type Crawl, crawl, type Tools, validate } from './crawler.ts'
import { forwardWithDigest } from './digest-forwarder.ts'
import { answersToProbes, saidToGroup } from './discovery.ts'
import { pythonWithLxml } from './python.ts'
import { failures, type Row, table } from './table.ts'

const LOGIN = ['admin', 'secret'] as const
const ANSWERS = 'build/conformance'
/** Cameras that are asked at a time: each crawl is a process of its own. */
const AT_A_TIME = 2

interface Asked {
  readonly profile: ProfileName
  readonly crawl: Crawl
  readonly folder: string
  readonly operations: readonly string[]
}

/** Checks every profile and prints one table. Says the exit code: 0 also where it was skipped. */
export async function conformance(schemas: string | undefined, print: (text: string) => void): Promise<number> {
  if (!schemas || !existsSync(join(schemas, 'crawl.py'))) {
    const why = schemas ? `there is no crawl.py in ${schemas}` : 'no folder of ONVIF schemas was named'
    print(
      `Conformance: skipped, since ${why}. Name one: test/conformance/conformance.ts FOLDER, or ONVIF_SCHEMAS=FOLDER.\n`,
    )
    return 0
  }
  const tools = { schemas: resolve(schemas), python: await pythonWithLxml(resolve('build/conformance-python')) }
  await rm(ANSWERS, { recursive: true, force: true })
  const asked: Asked[] = []
  const waiting = [...PROFILE_NAMES.entries()]
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) asked.push(await askProfile(tools, next[1], next[0]))
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
  const rows = await judged(tools, asked)
  print(table(rows))
  const wrong = failures(rows)
  for (const line of wrong) print(`${line}\n`)
  if (wrong.length > 0) print(`The answers are in ${ANSWERS}.\n`)
  return wrong.length === 0 ? 0 : 1
}

/** One camera of that profile, without its faults, is asked all that it knows. */
async function askProfile(tools: Tools, profile: ProfileName, index: number): Promise<Asked> {
  const folder = join(ANSWERS, profile)
  await mkdir(folder, { recursive: true })
  const cameras = [
    {
      profile: { ...PROFILES[profile], rebootMs: 200 },
      address: `127.92.0.${index + 1}`,
      withoutFaults: true,
      eventIntervalMs: 0,
    },
  ]
  const [user, password] = LOGIN
  await using fleet = await startFleet({ cameras, user, password, httpPort: 0, rtspPort: 0, discoveryPort: 0 })
  const [camera] = fleet.cameras
  if (!camera) throw new Error(`No ${profile} camera was started`)
  const takesTokens = PROFILES[profile].auth.some((scheme) => scheme === 'username-token')
  const place = `${camera.address}:${camera.httpPort}`
  await using forwarder = takesTokens ? undefined : await forwardWithDigest(place, user, password)
  const host = forwarder?.host ?? place
  const counted = await crawl(tools, host, folder, takesTokens ? LOGIN : [])
  const asker = new Asker(host, folder, takesTokens ? LOGIN : undefined)
  await askTheRest(asker, camera, '127.0.0.1')
  for (const text of [...(await answersToProbes(camera)), ...(await saidToGroup(camera))])
    await asker.keep(text, /<d:(\w+)/.exec(text.slice(text.indexOf('Body')))?.[1] ?? 'Discovery')
  await askLast(asker, camera)
  return { profile, crawl: counted, folder, operations: camera.operations }
}

/** What takes the camera away for a while. */
async function askLast(asker: Asker, camera: SimulatedCamera): Promise<void> {
  for (const body of [
    '<tds:SystemReboot/>',
    '<tds:SetSystemFactoryDefault><tds:FactoryDefault>Hard</tds:FactoryDefault></tds:SetSystemFactoryDefault>',
  ]) {
    await asker.ask('tds', body)
    await until('the camera to go down', () => !camera.isOn)
    await until('the camera to come back', () => camera.isOn)
  }
}

/** Validates all answers of all cameras at once, since reading the schemas takes longest. */
async function judged(tools: Tools, asked: readonly Asked[]): Promise<Row[]> {
  const files = (await Promise.all(asked.map(({ folder }) => filesIn(folder)))).flat()
  const bad = await validate(tools, files)
  return Promise.all(
    asked.map(async ({ profile, crawl: counted, folder, operations }) => {
      const own = files.filter((file) => dirname(file) === resolve(folder))
      const answered = new Set((await Promise.all(own.map(operationIn))).flatMap((one) => one ?? []))
      const complaints = own.flatMap((file) =>
        (bad.get(file) ?? []).map((what) => `${profile} ${basename(file)}: ${what}`),
      )
      const unanswered = operations.filter((one) => !answered.has(one) && !isFaultAlone(profile, one))
      return { profile, crawl: counted, checked: own.length, complaints, unanswered }
    }),
  )
}

/** Some brands know the question for their log and have none (ONVIF Core 8.3.11, SystemlogUnavailable). */
function isFaultAlone(profile: ProfileName, operation: string): boolean {
  return operation === 'tds:GetSystemLog' && PROFILES[profile].systemLog === 'unavailable'
}

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  return names.filter((name) => name.endsWith('.xml')).map((name) => resolve(folder, name))
}

/** The operation that an answer is of, as `tds:GetServices`; undefined for a fault, and what is no answer. */
async function operationIn(file: string): Promise<string | undefined> {
  return /:Body><(\w+:\w+)Response[ >/]/.exec(await readFile(file, 'utf8'))?.[1]
}

if (import.meta.main)
  process.exitCode = await conformance(process.argv[2] ?? process.env['ONVIF_SCHEMAS'], (text) =>
    process.stdout.write(text),
  )
