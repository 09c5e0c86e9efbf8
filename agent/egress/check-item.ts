import { LenscapError } from '../base/errors.ts'
import type { Grant } from '../consent/consent.ts'
import { EgressItem } from './queue.ts'

/**
 * An item that this grant allows to be queued.
 * @throws LenscapError `refused` without permission, `invalid` for an item that makes no sense or another's grant
 */
export function checkItem(grant: Grant, item: EgressItem): EgressItem {
  grant.check()
  const parsed = EgressItem.safeParse(item)
  if (!parsed.success)
    throw new LenscapError('invalid', `The item makes no sense: ${parsed.error.issues[0]?.path.join('.')}`)
  if (grant.camera !== item.camera || grant.kind !== item.kind) {
    throw new LenscapError('invalid', "This grant is not for this item's camera and kind", { camera: item.camera })
  }
  return parsed.data
}
