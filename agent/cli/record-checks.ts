import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { isDatabaseDamaged } from '../base/database.ts'
import type { AgentConfig } from '../config/schema.ts'
import { type Finding, failed, warning } from './checks.ts'
import { utcTime } from './output.ts'
import { statePaths } from './state.ts'

const SET_ASIDE = /\.corrupt-(\d{13})?/

/** The files that the agent keeps its records in: damaged now, or set aside before. Nothing where all is well. */
export function checkRecords(config: AgentConfig): Finding[] {
  const { state, spool, egress } = statePaths(config)
  const damaged = [state, spool].filter(isDatabaseDamaged).map((path) => {
    return failed('records', `${path} is damaged`, 'Restart the agent: it sets the file aside, and begins a new one')
  })
  if (isDatabaseDamaged(egress)) {
    const advice = `Stop the agent, move ${egress} and the files beside it that begin alike away, and start it: it begins a new ledger`
    damaged.push(failed('ledger', `${egress} is damaged: the agent does not start`, advice))
  }
  return [...damaged, ...setAside(config.stateDir)]
}

/** One such file may be an accident; its time says whether it was the same night as something else. */
function setAside(stateDir: string): Finding[] {
  return namesIn(stateDir).flatMap((name) => {
    const found = SET_ASIDE.exec(name)
    if (!found) return []
    const when = found[1] === undefined ? '' : ` at ${utcTime(Number(found[1]))} UTC`
    const what = basename(name).slice(0, found.index)
    const advice = `See to the disk, and replace a worn-out one; then remove ${name} from the state folder`
    return [warning('records', `${what} was damaged, and set aside${when}`, advice)]
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // What is wrong with the folder itself is another check's.
    return []
  }
}
