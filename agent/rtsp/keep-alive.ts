const WAIT_MS_MIN = 300
const WAIT_MS_MAX = 40_000

/** Asks the camera by that method; gives the answer's status. */
type Ask = (method: string) => Promise<number>

/**
 * How a session is kept from timing out (RFC 2326, 12.37): by GET_PARAMETER and OPTIONS in turn, each as often as two
 * thirds of the timeout ask for, since some cameras count only the one and some only the other; without those that the
 * camera does not offer or refuses. Where none is left, receiver reports have to do, which are sent anyway.
 */
export class KeepAlive {
  readonly waitMs: number
  #methods: readonly string[]

  /** @param offered the methods of `Public`; empty where the camera tells none */
  constructor(timeoutS: number, offered: ReadonlySet<string>) {
    this.waitMs = Math.min(WAIT_MS_MAX, Math.max(WAIT_MS_MIN, (timeoutS * 1000) / 3))
    const known = ['GET_PARAMETER', 'OPTIONS'].filter((method) => offered.has(method))
    this.#methods = known.length > 0 ? known : ['OPTIONS']
  }

  /** @returns false where the camera has forgotten the session */
  async beat(ask: Ask): Promise<boolean> {
    const [method, ...others] = this.#methods
    if (method === undefined) return true
    const status = await ask(method)
    if (status === 454) return false
    this.#methods = status >= 400 ? others : [...others, method]
    return true
  }
}
