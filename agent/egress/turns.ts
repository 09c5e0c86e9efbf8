/** A place in the order in which transfers send. */
export interface Turn {
  /** Resolves when all before it have passed. */
  readonly come: Promise<void>
  /** Lets the next one send; also before its own turn has come. */
  pass(): void
}

/** One transfer at a time has the line, in the order in which they were taken: the rest of it may overlap. */
export class Turns {
  #last = Promise.resolve()

  next(): Turn {
    const come = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = come.then(() => promise)
    return { come, pass: resolve }
  }
}
