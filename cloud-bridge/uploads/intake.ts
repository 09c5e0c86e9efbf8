import { stat } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Refusal, unknownUpload } from './refusal.ts'
import { ThreadSink } from './thread-sink.ts'
import type { Verifier } from './verifier.ts'
import type { CheckJob } from './verify.ts'

interface Running {
  readonly request: IncomingMessage
  readonly ended: Promise<void>
}

/**
 * The bodies of PATCH requests on their way into their files: one at a time for each upload. Straight from the socket to
 * the disk, since most of what a bridge does with media happens here.
 */
export class Intake {
  readonly #verifier: Verifier
  readonly #running = new Map<string, Running>()

  constructor(verifier: Verifier) {
    this.#verifier = verifier
  }

  /** Ends what still writes to an upload. A box that comes anew has lost its former connection, whatever ours says. */
  async end(upload: string): Promise<void> {
    const running = this.#running.get(upload)
    running?.request.destroy()
    await running?.ended
  }

  /**
   * One PATCH (tus 1.0.0, "PATCH"), after whatever wrote before it has ended. Gives the new offset.
   * @param bytesMax the upload's whole length
   * @throws Refusal 409 for another offset than where the file ends, 412, 413 for more than was said, 415 for another body;
   * Error where the connection is cut or the disk fails: what came before that stays
   */
  async take(
    { upload, job, bytesMax }: { readonly upload: string; readonly job: CheckJob; readonly bytesMax: number },
    request: IncomingMessage,
  ): Promise<number> {
    await this.end(upload)
    if (request.headers['tus-resumable'] !== '1.0.0') throw new Refusal(412, 'Tus-Resumable must be 1.0.0')
    if (request.headers['content-type'] !== 'application/offset+octet-stream') {
      throw new Refusal(415, 'Content-Type must be application/offset+octet-stream')
    }
    const offset = await sizeOf(job.file)
    if (request.headers['upload-offset'] !== String(offset))
      throw new Refusal(409, 'Upload-Offset is not where it ends')
    const length = request.headers['content-length']
    if (length !== undefined && offset + Number(length) > bytesMax) throw tooMuch()
    const body = length === undefined ? bounded(request, bytesMax - offset) : request
    const sink = new ThreadSink(this.#verifier, upload, job, offset)
    const written = pipeline(body, sink)
    const closed = new Promise<void>((resolve) => sink.once('close', resolve))
    const running: Running = { request, ended: closed.then(() => this.#forget(upload, running)) }
    this.#running.set(upload, running)
    await written
    return sink.length
  }

  #forget(upload: string, running: Running): void {
    if (this.#running.get(upload) === running) this.#running.delete(upload)
  }
}

/** A body of unknown length, and no more of it than may come. */
async function* bounded(body: AsyncIterable<Buffer>, bytesMax: number): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const part of body) {
    bytes += part.length
    if (bytes > bytesMax) throw tooMuch()
    yield part
  }
}

/** How much of an upload is here. @throws Refusal 404 where nothing is */
export async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch {
    throw unknownUpload()
  }
}

const tooMuch = () => new Refusal(413, 'This is more than Upload-Length said')
