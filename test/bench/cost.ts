import { readdirSync, readFileSync } from 'node:fs'

/** What a process holds of the machine's memory, in bytes. */
export interface Memory {
  /** Resident: its own, and what it shares with others, such as the pages of its executable. */
  readonly rssBytes: number
  /** Resident, with what is shared divided by how many share it. */
  readonly pssBytes: number
  /** What would come free if it ended. */
  readonly privateBytes: number
  /** Of the resident, what is not backed by a file. */
  readonly anonymousBytes: number
}

export function memoryOf(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1]) * 1024
  return {
    rssBytes: bytes('Rss'),
    pssBytes: bytes('Pss'),
    privateBytes: bytes('Private_Clean') + bytes('Private_Dirty'),
    anonymousBytes: bytes('Anonymous'),
  }
}

/** Processor time since its start, of all its threads. */
export function cpuMsOf(pid: number): number {
  const tasks = `/proc/${pid}/task`
  const ns = (task: string) => Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0])
  return readdirSync(tasks).reduce((sum, task) => sum + ns(task), 0) / 1e6
}
