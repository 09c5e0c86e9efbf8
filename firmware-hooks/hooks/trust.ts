import { constants, type Stats } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

const WRITABLE_BY_OTHERS = 0o022
const NOBODY = { uid: 65_534, gid: 65_534 }

/** Who a hook runs as; the agent's own user where absent. */
export interface RunAs {
  readonly uid: number
  readonly gid: number
}

/**
 * Why what lies there must not be run, or searched for what to run: somebody besides its owner can write to it, or its
 * owner is neither root nor the agent's own user. Undefined where nothing speaks against it.
 */
export async function reasonToRefuse(path: string, ownUid: number): Promise<string | undefined> {
  const facts = await stat(path)
  if ((facts.mode & WRITABLE_BY_OTHERS) !== 0) return `others may write to ${path}: chmod go-w it`
  if (facts.uid !== 0 && facts.uid !== ownUid) return `${path} belongs to user ${facts.uid}: give it to root`
  return undefined
}

/** Whether the agent may start this as a program. */
export async function isProgram(path: string): Promise<boolean> {
  const facts: Stats | undefined = await stat(path).catch(() => undefined)
  if (facts?.isFile() !== true) return false
  return await access(path, constants.X_OK).then(
    () => (facts.mode & 0o111) !== 0,
    () => false,
  )
}

/**
 * An agent that runs as root has its hooks run as nobody, unless its installer wrote another `UID:GID` into the file
 * `run-as` beside the events' folders; `0:0` is root. Undefined where the agent is not root: then it has no choice.
 * @throws Error where the file says something else, or others may write to it
 */
export async function runAsIn(hooksDir: string, ownUid: number): Promise<RunAs | undefined> {
  if (ownUid !== 0) return undefined
  const path = join(hooksDir, 'run-as')
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return NOBODY
  const reason = await reasonToRefuse(path, ownUid)
  if (reason !== undefined) throw new Error(reason)
  const [, uid, gid] = /^(\d{1,10}):(\d{1,10})\s*$/.exec(text) ?? []
  if (uid === undefined || gid === undefined) throw new Error(`${path} must say UID:GID, such as 1000:1000`)
  return { uid: Number(uid), gid: Number(gid) }
}
