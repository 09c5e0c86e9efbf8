import { loadConfig } from '../config/load.ts'
import { Cap } from '../consent/cap.ts'
import { heldGrant } from '../consent/consent.ts'
import { keptTimeMs } from '../consent/latest-time.ts'
import { readIdentity } from '../transport/identity.ts'
import { knownCameras } from './inspect.ts'
import { EXIT, type Output, table, utcTime } from './output.ts'
import { readStateDatabase, statePaths } from './state.ts'

/** `grants`: what the owner allows of each camera, as this box holds it; read from its disk. */
export async function showGrants(configPath: string, output: Output): Promise<number> {
  const config = await loadConfig(configPath)
  const claimed = (await readIdentity(config.stateDir))?.claimed
  const db = readStateDatabase(statePaths(config).state)
  try {
    const document = db && claimed && heldGrant(db, claimed)
    const names = new Map(db ? knownCameras(config).map(({ camera, name }) => [camera, name]) : [])
    const cap = new Cap(config.stateDir).isOn()
    const nowMs = Date.now()
    const latestMs = Math.max(nowMs, db ? keptTimeMs(db) : 0)
    const inForce = document !== undefined && nowMs >= document.notBefore && latestMs < document.expires
    const cameras = (document?.cameras ?? []).filter(({ kinds }) => kinds.length > 0)
    const answer = {
      cap,
      inForce,
      serial: document?.serial ?? 0,
      notBefore: document?.notBefore ?? null,
      expires: document?.expires ?? null,
      grantedBy: document?.grantedBy ?? null,
      cameras: cameras.map(({ camera, kinds }) => ({ camera, name: names.get(camera) ?? '', kinds })),
    }
    output.answer(answer, () => {
      const lines = [cap ? 'The cap is on: nothing leaves, whatever is allowed.' : 'The cap is off.']
      if (document === undefined) return [...lines, 'The owner has allowed nothing yet.'].join('\n')
      const until = `${utcTime(document.expires)} UTC`
      lines.push(
        `Grant ${document.serial} ${inForce ? `counts until ${until}` : `does not count now (until ${until})`}.`,
      )
      if (cameras.length === 0) return [...lines, 'It allows nothing.'].join('\n')
      const rows = answer.cameras.map(({ camera, name, kinds }) => [camera, name, kinds.join(', ')])
      return [...lines, '', table(['CAMERA', 'NAME', 'ALLOWED'], rows, { width: output.width, whole: 1 })].join('\n')
    })
    return EXIT.done
  } finally {
    db?.close()
  }
}
