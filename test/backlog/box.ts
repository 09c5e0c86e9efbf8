import type { House } from '../harness/house.ts'
import { until } from '../harness/until.ts'

/** A box whose agent was claimed, knows a camera, and has the owner's leave for clips of it; stopped. */
export async function boxWithLeave(house: House) {
  const box = await house.move('box')
  const [seen] = await house.cameras(1)
  if (!seen) throw new Error('There is no camera')
  await house.owner.allow(seen.id, ['clip'])
  await until('the grant is on the box', () => box.rows('state', 'SELECT serial FROM grant_held').length > 0)
  await box.stop()
  return { box, camera: seen.id }
}
