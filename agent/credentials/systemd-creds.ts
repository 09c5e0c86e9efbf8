import { execFile } from 'node:child_process'
import { LenscapError } from '../base/errors.ts'

/** The name under which a service unit hands the key over (`LoadCredentialEncrypted=lenscap-credentials-key:…`). */
export const SYSTEMD_CREDENTIAL = 'lenscap-credentials-key'

/** What a secret is bound to: `auto` takes the TPM and the machine where there is a TPM, else the machine. */
export const BOUND_TO = ['auto', 'host', 'tpm2', 'host+tpm2'] as const
export type BoundTo = (typeof BOUND_TO)[number]

export interface SystemdCreds {
  /** Where the program is looked for, by its PATH. */
  readonly env?: NodeJS.ProcessEnv
  /** A TPM takes seconds; a broken one may never answer. */
  readonly timeoutMs?: number
}

const OUTPUT_BYTES_MAX = 65_536
const TIMEOUT_MS = 20_000

/** The secret as a text that only this machine can open. @throws LenscapError `unsupported` without systemd, `timeout`, `storage` */
export async function bindToMachine(secret: string, to: BoundTo, tool: SystemdCreds = {}): Promise<string> {
  return await systemdCreds(['encrypt', `--name=${SYSTEMD_CREDENTIAL}`, `--with-key=${to}`, '-', '-'], secret, tool)
}

/** What was bound. @throws LenscapError as `bindToMachine` does */
export async function openBound(path: string, tool: SystemdCreds = {}): Promise<string> {
  return await systemdCreds(['decrypt', `--name=${SYSTEMD_CREDENTIAL}`, path, '-'], '', tool)
}

/** The secret goes through pipes alone: arguments can be read by everybody on the box. */
function systemdCreds(args: string[], input: string, { env, timeoutMs = TIMEOUT_MS }: SystemdCreds): Promise<string> {
  const [verb = ''] = args
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const limits = { timeout: timeoutMs, maxBuffer: OUTPUT_BYTES_MAX }
  const options = { ...limits, env: env ?? process.env, killSignal: 'SIGKILL' } as const
  const child = execFile('systemd-creds', args, options, (error, out, complaint) => {
    if (!error) return resolve(out)
    if (error.code === 'ENOENT') {
      return reject(new LenscapError('unsupported', 'systemd-creds is not installed here: it comes with systemd 250'))
    }
    if (error.killed === true) {
      return reject(
        new LenscapError('timeout', `systemd-creds did not ${verb} within ${timeoutMs / 1000} s: is the TPM well?`),
      )
    }
    const said = complaint.trim().split('\n').at(-1) ?? ''
    const advice = 'run this as root, on the machine that the key was bound to'
    reject(
      new LenscapError(
        'storage',
        `systemd-creds can't ${verb} the key: ${advice}${said && ` (${said.slice(0, 200)})`}`,
      ),
    )
  })
  // One that ends without reading says why by itself.
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  return promise
}
