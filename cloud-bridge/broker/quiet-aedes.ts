import { Aedes, type AedesOptions, type Client, type PublishPacket } from 'aedes'

type Done = (error?: Error) => void

/**
 * Aedes without fan-out of what devices publish: by then it is committed, nobody subscribes to it, and its way through
 * the emitter and the retained store would cost time, memory and (with a slow subscriber) the broker itself.
 */
export class QuietAedes extends Aedes {
  // Aedes hands the client over as a second argument when a packet came from one; its types leave that out.
  override publish(packet: PublishPacket, clientOrDone: Client | Done | null, done?: Done): void {
    if (typeof clientOrDone === 'function') super.publish(packet, clientOrDone)
    else done?.()
  }

  static async start(options: AedesOptions): Promise<QuietAedes> {
    const broker = new QuietAedes(options)
    await broker.listen()
    return broker
  }
}
