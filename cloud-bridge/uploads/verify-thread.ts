import { parentPort } from 'node:worker_threads'
import { describeError } from '../../agent/base/errors.ts'
import { Refusal } from './refusal.ts'
import { Check, type CheckJob, checkBuffer, type Reader } from './verify.ts'

/*
 * The thread that verifies: `Verifier` starts it. Hashing and opening are a third of what a bridge does for an item, and
 * what they leave to the garbage collector is cheap in a thread that holds nothing else.
 */

/** What the thread is told. Of an upload that it does not know, `grown` means nothing: `finish` reads all of it. */
export type Told =
  | { readonly do: 'follow'; readonly upload: string; readonly job: CheckJob }
  | { readonly do: 'grown'; readonly upload: string; readonly bytes: number }
  | {
      readonly do: 'finish'
      readonly upload: string
      readonly job: CheckJob
      readonly bytes: number
      readonly question: number
    }
  | { readonly do: 'drop'; readonly upload: string }

/** What it answers to `finish`. */
export type Verdict = { readonly question: number } & (
  | { readonly reader: Reader }
  | { readonly refused: { readonly status: number; readonly message: string } }
  | { readonly failed: string }
)

/** Transfers that are followed; one more, and the one that began first is read anew when it ends. */
const FOLLOWED_MAX = 64

const checks = new Map<string, Check>()
const buffer = checkBuffer()

function obey(told: Told): void {
  if (told.do === 'follow') follow(told.upload, told.job)
  else if (told.do === 'grown') grow(told.upload, told.bytes)
  else if (told.do === 'finish') parentPort?.postMessage(verdictOn(told))
  else checks.delete(told.upload)
}

function follow(upload: string, job: CheckJob): void {
  if (checks.has(upload)) return
  const [eldest] = checks.keys()
  if (eldest !== undefined && checks.size >= FOLLOWED_MAX) checks.delete(eldest)
  try {
    checks.set(upload, new Check(job))
  } catch {
    // `finish` says what is wrong, to somebody who asked.
  }
}

function grow(upload: string, bytes: number): void {
  try {
    checks.get(upload)?.follow(bytes, buffer)
  } catch {
    // Purged meanwhile, or the disk fails: read anew at the end, if there is one.
    checks.delete(upload)
  }
}

function verdictOn({ upload, job, bytes, question }: Extract<Told, { do: 'finish' }>): Verdict {
  try {
    const check = checks.get(upload) ?? new Check(job)
    return { question, reader: check.finish(bytes, buffer) }
  } catch (error) {
    if (!(error instanceof Refusal)) return { question, failed: describeError(error) }
    return { question, refused: { status: error.status_code, message: error.message } }
  } finally {
    checks.delete(upload)
  }
}

parentPort?.on('message', obey)
