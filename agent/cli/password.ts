import { LenscapError } from '../base/errors.ts'
import { Secret } from '../base/secret.ts'
import { readPassword } from '../config/load.ts'

const LENGTH_MAX = 256

export interface PasswordSource {
  readonly passwordFile?: string
  /** The first line of what is piped in. */
  readonly stdin?: boolean
}

type OnData = (chunk: Buffer | string) => void

/** What is needed of standard input. */
export interface Terminal extends AsyncIterable<Buffer | string> {
  readonly isTTY?: boolean
  setRawMode(on: boolean): unknown
  on(event: 'data', take: OnData): unknown
  off(event: 'data', take: OnData): unknown
  resume(): unknown
  pause(): unknown
}

interface Screen {
  write(text: string): unknown
}

/**
 * A password, by one of the ways that show it to nobody: a file, a pipe, or a prompt without echo. Never an argument, which
 * every user of the box can read.
 * @throws LenscapError `invalid` where there is none, `cancelled` at Ctrl-C
 */
export async function askPassword(
  { passwordFile, stdin }: PasswordSource,
  what: string,
  input: Terminal = process.stdin,
  output: Screen = process.stderr,
): Promise<Secret> {
  if (passwordFile !== undefined) return await readPassword(passwordFile)
  if (stdin === true) return checked(await firstLine(input))
  if (input.isTTY !== true) {
    throw new LenscapError('invalid', 'There is no terminal to ask at: use --stdin or --password-file')
  }
  const first = checked(await typed(input, output, `${what}: `))
  const again = await typed(input, output, 'The same again: ')
  if (first.reveal() !== again) throw new LenscapError('invalid', 'The two are not the same: try again')
  return first
}

function checked(text: string): Secret {
  if (text === '') throw new LenscapError('invalid', 'The password is empty')
  if (text.length > LENGTH_MAX)
    throw new LenscapError('invalid', `The password is longer than ${LENGTH_MAX} characters`)
  return new Secret(text)
}

async function firstLine(input: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of input) {
    chunks.push(Buffer.from(chunk))
    const bytes = Buffer.concat(chunks)
    if (bytes.includes(10) || bytes.length > 4 * LENGTH_MAX) break
  }
  return Buffer.concat(chunks).toString('utf8').split('\n')[0]?.replace(/\r$/, '') ?? ''
}

/** Reads a line of a terminal that shows nothing of it. */
function typed(input: Terminal, output: Screen, prompt: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let line = ''
  output.write(prompt)
  const end = () => {
    input.off('data', take)
    input.setRawMode(false)
    input.pause()
    output.write('\n')
  }
  const take = (chunk: Buffer | string) => {
    for (const sign of String(chunk)) {
      if (sign === '\r' || sign === '\n') {
        end()
        return resolve(line)
      }
      if (sign === '\u0003' || sign === '\u0004') {
        end()
        return reject(new LenscapError('cancelled', 'Stopped: nothing was stored'))
      }
      if (sign === '\u007f' || sign === '\b') line = [...line].slice(0, -1).join('')
      else if (sign >= ' ' && line.length <= LENGTH_MAX) line += sign
    }
  }
  input.setRawMode(true)
  input.resume()
  input.on('data', take)
  return promise
}
