import { join } from 'node:path'
import { runPython } from './python.ts'

/** What the schemas' own crawler counted. */
export interface Crawl {
  readonly valid: number
  readonly invalid: number
  /** Answered with a SOAP fault, which was valid or else is counted as invalid too. */
  readonly fault: number
  /** Answered with another status than 200 and no fault. */
  readonly http: number
  readonly none: number
}

export interface Tools {
  readonly python: string
  /** The folder with the schemas, `crawl.py` and `validate.py`. */
  readonly schemas: string
}

/** Asks all that can be asked without harm, keeping each answer in the folder. Throws Error where the crawler broke off. */
export async function crawl(tools: Tools, host: string, folder: string, login: readonly string[]): Promise<Crawl> {
  const output = await runPython(tools.python, [join(tools.schemas, 'crawl.py'), host, folder, ...login])
  const summary = /^SUMMARY .*(\{.*\})$/m.exec(output)?.[1]
  if (summary === undefined) throw new Error(`crawl.py broke off at ${host}:\n${output.slice(-2000)}`)
  const count = (name: string) => Number(new RegExp(`'${name}': (\\d+)`).exec(summary)?.[1])
  return {
    valid: count('valid'),
    invalid: count('invalid'),
    fault: count('fault'),
    http: count('http'),
    none: count('none'),
  }
}

/** Checks envelopes against the schemas: the complaints about each file that is not valid. */
export async function validate(tools: Tools, files: readonly string[]): Promise<Map<string, string[]>> {
  const output = await runPython(tools.python, [join(tools.schemas, 'validate.py'), ...files])
  if (!output.includes(`${files.length} files, `)) throw new Error(`validate.py broke off:\n${output.slice(-2000)}`)
  const bad = new Map<string, string[]>()
  let complaints: string[] = []
  for (const line of output.split('\n')) {
    const file = /^BAD\s+(.*)$/.exec(line)?.[1]
    if (file !== undefined) {
      complaints = []
      bad.set(file, complaints)
    } else if (line.startsWith('   ')) complaints.push(line.trim())
  }
  return bad
}
