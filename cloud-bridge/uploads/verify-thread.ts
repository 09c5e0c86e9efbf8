import { parentPort } from 'node:worker_threads'
import { describeError } from '../../agent/base/errors.ts'
import { Inflow } from './inflow.ts'
import { Refusal } from './refusal.ts'
import { Check, type CheckJob, checkBuffer, type Reader } from './verify.ts'

/*
 * The thread that takes transfers in: `Verifier` starts it. Writing, hashing and opening are most of what a bridge does for an
 * item, and what they leave to the garbage collector is cheap in a thread that holds nothing else.
 */

/** What the thread is told, in order, of an upload: `open`, `take` some, `shut`; at last `finish`. Each is answered but `drop`. */
export type Told = { readonly upload: string; readonly question: number } & (
  | { readonly do: 'open' | 'finish'; readonly job: CheckJob; readonly bytes: number }
  | { readonly do: 'take'; readonly some: readonly Uint8Array[] }
  | { readonly do: 'shut' | 'drop' }
)

export type Answer = { readonly question: number } & (
  | { readonly bytes: number }
  | { readonly reader: Reader }
  | { readonly refused: { readonly status: number; readonly message: string } }
  | { readonly failed: string }
)

/** Transfers that are remembered between their requests; one more, and the eldest is read anew when it goes on or ends. */
const REMEMBERED_MAX = 64

const inflows = new Map<string, Inflow>()
const checks = new Map<string, Check>()
const buffer = checkBuffer()

function obey(told: Told): { readonly bytes: number } | { readonly reader: Reader } {
  const { upload } = told
  const inflow = inflows.get(upload)
  switch (told.do) {
    case 'open':
      forget(upload)
      inflows.set(upload, new Inflow(told.job, told.bytes, checks.get(upload)))
      checks.delete(upload)
      return { bytes: told.bytes }
    case 'take':
      if (!inflow) throw new Error('This transfer is not open')
      for (const part of told.some) inflow.take(part)
      return { bytes: 0 }
    case 'shut':
      try {
        return { bytes: inflow?.flush() ?? 0 }
      } finally {
        forget(upload)
        if (inflow) remember(upload, inflow.check)
      }
    case 'finish':
      try {
        return { reader: (checks.get(upload) ?? new Check(told.job)).finish(told.bytes, buffer) }
      } finally {
        checks.delete(upload)
      }
    case 'drop':
      forget(upload)
      checks.delete(upload)
      return { bytes: 0 }
  }
}

function forget(upload: string): void {
  inflows.get(upload)?.[Symbol.dispose]()
  inflows.delete(upload)
}

function remember(upload: string, check: Check): void {
  const [eldest] = checks.keys()
  if (eldest !== undefined && checks.size >= REMEMBERED_MAX) checks.delete(eldest)
  checks.set(upload, check)
}

function answerTo(told: Told): Answer {
  const { question } = told
  try {
    return { question, ...obey(told) }
  } catch (error) {
    // Whatever it was, what is in the file counts: it is read anew.
    forget(told.upload)
    checks.delete(told.upload)
    if (!(error instanceof Refusal)) return { question, failed: describeError(error) }
    return { question, refused: { status: error.status_code, message: error.message } }
  }
}

parentPort?.on('message', (told: Told) => parentPort?.postMessage(answerTo(told)))
