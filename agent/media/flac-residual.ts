import type { BitWriter } from './bit-writer.ts'

const ORDER_MAX = 4
const PARTITION_ORDER_MAX = 4
/** 15 in four bits would mean samples as they are (RFC 9639, 9.2.7). */
const RICE_MAX = 14

/** What a fixed predictor leaves over, and how it is written. */
export interface Residual {
  readonly order: number
  readonly values: Int32Array
  readonly partitionOrder: number
  /** One for each partition. */
  readonly parameters: readonly number[]
  readonly bits: number
}

/** The fixed predictor (RFC 9639, 9.2.5) that leaves least; undefined for too few samples to tell. */
export function residualOf(samples: Int32Array): Residual | undefined {
  let values = samples
  let best: { order: number; values: Int32Array; sum: number } | undefined
  for (let order = 0; order <= ORDER_MAX && values.length > 0; order++) {
    const sum = values.reduce((total, value) => total + Math.abs(value), 0)
    if (best === undefined || sum < best.sum) best = { order, values, sum }
    const before = values
    values = Int32Array.from({ length: before.length - 1 }, (_, i) => (before[i + 1] ?? 0) - (before[i] ?? 0))
  }
  return best && partitioned(best.order, best.values, samples.length)
}

function partitioned(order: number, values: Int32Array, blockSamples: number): Residual {
  let best = withPartitions(order, values, 0, blockSamples)
  for (let p = 1; p <= PARTITION_ORDER_MAX; p++) {
    if (blockSamples % 2 ** p !== 0 || blockSamples / 2 ** p <= order) break
    const next = withPartitions(order, values, p, blockSamples)
    if (next.bits < best.bits) best = next
  }
  return best
}

function withPartitions(order: number, values: Int32Array, partitionOrder: number, blockSamples: number): Residual {
  const chosen = partitionsOf(values, order, partitionOrder, blockSamples).map(riceOf)
  const bits = chosen.reduce((sum, one) => sum + one.bits + 4, 6)
  return { order, values, partitionOrder, parameters: chosen.map(({ parameter }) => parameter), bits }
}

/** Parts of equal length of the block; the first lacks the samples that stand before the residual. */
function partitionsOf(values: Int32Array, order: number, partitionOrder: number, blockSamples: number): Int32Array[] {
  const size = blockSamples / 2 ** partitionOrder
  return Array.from({ length: 2 ** partitionOrder }, (_, i) =>
    values.subarray(Math.max(0, i * size - order), (i + 1) * size - order),
  )
}

function riceOf(values: Int32Array): { parameter: number; bits: number } {
  const sum = values.reduce((total, value) => total + zigzag(value), 0)
  const guess = Math.max(0, Math.floor(Math.log2(Math.max(1, sum / Math.max(1, values.length)))))
  const tried = [guess - 1, guess, guess + 1].map((one) => Math.min(RICE_MAX, Math.max(0, one)))
  const costs = tried.map((parameter) => ({
    parameter,
    bits: values.reduce((bits, value) => bits + 1 + parameter + Math.floor(zigzag(value) / 2 ** parameter), 0),
  }))
  return costs.reduce((least, one) => (one.bits < least.bits ? one : least))
}

/** RFC 9639, 9.2.7: the method with parameters of four bits. */
export function writeResidual(writer: BitWriter, residual: Residual): void {
  const { order, values, partitionOrder, parameters } = residual
  writer.write(0, 2)
  writer.write(partitionOrder, 4)
  for (const [i, partition] of partitionsOf(values, order, partitionOrder, values.length + order).entries()) {
    const parameter = parameters[i] ?? 0
    writer.write(parameter, 4)
    for (const value of partition) {
      const folded = zigzag(value)
      writer.unary(Math.floor(folded / 2 ** parameter))
      writer.write(folded, parameter)
    }
  }
}

const zigzag = (value: number): number => (value >= 0 ? 2 * value : -2 * value - 1)
