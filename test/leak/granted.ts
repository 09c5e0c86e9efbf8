import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sealedBytesOf } from '../../agent/protocol/media-cipher.ts'
import { until } from '../harness/until.ts'
import { disguises, flowsIn, occurrences, uploadsIn } from './findings.ts'
import { calm, capturedIn, EVENTS, type House, LISTEN_MS, type Phase, raise } from './house.ts'
import { packetsIn } from './packets.ts'
import { CAMERAS, CANARIES } from './places.ts'

const KINDS = ['snapshot', 'clip'] as const
type Kind = (typeof KINDS)[number]

/**
 * The proof that the test can fail. With everything allowed, the same capture finds each item by the length of its
 * ciphertext, and of what the owner gets decrypted each has the canary; and between cameras and box, in the house, the same
 * search finds it in the clear.
 */
export async function granted(house: House): Promise<Phase> {
  const { box, bridge, cameras, folder } = house
  const [path, localPath] = [join(folder, 'capture.pcap'), join(folder, 'local.pcap')]
  await calm(house)
  const before = house.told()
  await box.capture('out', path)
  await box.capture('lo', localPath)
  await Promise.all(cameras.map((camera) => bridge.owner.allow(camera, [...KINDS])))
  await until('every camera has brought a picture', async () => (await sentOf(house, 'snapshot')) >= CAMERAS, 60_000)
  // A clip needs a stream that has begun.
  await sleep(2000)
  await box.captured('lo')
  const events = await raise(house, EVENTS)
  await until('every camera has brought a clip', async () => (await sentOf(house, 'clip')) >= CAMERAS, 90_000)
  await until('nothing waits', async () => (await box.mediaFiles()).length === 0, 90_000)
  await sleep(LISTEN_MS)
  const captured = await capturedIn(house, path)
  const uploads = uploadsIn(captured.flows)
  const ledger = await box.ledger()
  const faults = [
    ...captured.faults,
    ...leaves('items of the ledger', ledger, uploads),
    ...(await ofTheOwner(house, uploads)),
    ...((await box.ledgerCheck()).broken ? ["the box's ledger does not verify"] : []),
    ...(captured.canaries > 0 ? [`the canary left in the clear ${captured.canaries} times`] : []),
    ...inTheHouse(localPath),
  ]
  const name = `granted: ${uploads.length} ciphertexts found`
  return { name, events, told: house.told() - before, ...numbersOf(captured), faults }
}

export const numbersOf = ({ packets, canaries, strangers }: Awaited<ReturnType<typeof capturedIn>>) => {
  return { packets: packets.length, canaries, strangers }
}

/** What each of these ought to be in the capture as, and the other way round: by their lengths, one for one. */
function leaves(what: string, rows: readonly { readonly bytes: number }[], uploads: readonly number[]): string[] {
  const lengths = [...uploads]
  const missing = rows.filter(({ bytes }) => !takeOut(lengths, bytes))
  return [
    ...(missing.length > 0 ? [`${missing.length} of ${rows.length} ${what} are not in the capture`] : []),
    ...(lengths.length > 0 ? [`${lengths.length} uploads are not among the ${what}`] : []),
  ]
}

/** Each item as its owner sees it: the canary is in it, and its ciphertext's length in the capture. */
async function ofTheOwner({ bridge, cameras }: House, uploads: readonly number[]): Promise<string[]> {
  const lists = await Promise.all(cameras.map((camera) => bridge.owner.items(camera)))
  const seen: { readonly kind: Kind; readonly bytes: number; readonly hasCanary: boolean }[] = []
  for (const { id, kind } of lists.flatMap(({ items }) => items)) {
    const content = await bridge.owner.content(id)
    if (!Buffer.isBuffer(content)) return [`the owner's item was refused with ${content}`]
    const bytes = sealedBytesOf(content.length)
    const canaryOf = KINDS.find((each) => each === kind) ?? 'clip'
    seen.push({ kind: canaryOf, bytes, hasCanary: content.includes(CANARIES[canaryOf]) })
  }
  const without = seen.filter(({ hasCanary }) => !hasCanary)
  const kinds = KINDS.filter((kind) => seen.filter((each) => each.kind === kind).length < CAMERAS)
  return [
    ...leaves('items that the owner has', seen, uploads),
    ...(without.length > 0 ? [`${without.length} of ${seen.length} items have no canary in them`] : []),
    ...kinds.map((kind) => `not every camera has a ${kind}`),
  ]
}

/** Cameras and box may talk in the clear: there the search must find what it looks for. */
function inTheHouse(path: string): string[] {
  const flows = flowsIn(packetsIn(readFileSync(path)))
  const blind = KINDS.filter((kind) => occurrences(flows, disguises(CANARIES[kind])) < CAMERAS)
  return blind.map((kind) => `the search does not find the canary of a ${kind} where it is in the clear`)
}

const sentOf = async ({ box }: House, kind: Kind) => (await box.ledger()).filter((row) => row.kind === kind).length

function takeOut(numbers: number[], wanted: number): boolean {
  const at = numbers.indexOf(wanted)
  if (at >= 0) numbers.splice(at, 1)
  return at >= 0
}
