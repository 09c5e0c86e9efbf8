import type { FaultName, FaultSetting } from './fault.ts'

/** One camera's faults: which are on, and with what value. Off is the default for all. */
export class FaultSwitches {
  readonly #on = new Map<FaultName, number>()

  constructor(settings: readonly FaultSetting[] = []) {
    for (const { name, value } of settings) this.#on.set(name, value)
  }

  add({ name, value }: FaultSetting): void {
    this.#on.set(name, value)
  }

  clear(name: FaultName): void {
    this.#on.delete(name)
  }

  get isEmpty(): boolean {
    return this.#on.size === 0
  }

  isOn(name: FaultName): boolean {
    return this.#on.has(name)
  }

  /** The fault's value, or 0 while it is off. */
  valueOf(name: FaultName): number {
    return this.#on.get(name) ?? 0
  }

  list(): FaultSetting[] {
    return [...this.#on].map(([name, value]) => ({ name, value }))
  }

  /** The rules of a table, by fault name, that are on now, each with its value, in the order of being set. */
  *active<Rule>(table: Readonly<Partial<Record<FaultName, Rule>>>): Generator<readonly [rule: Rule, value: number]> {
    for (const [name, value] of this.#on) {
      const rule = table[name]
      if (rule !== undefined) yield [rule, value]
    }
  }
}
