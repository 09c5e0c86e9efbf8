import { stat } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { FileEnd } from './file-end.ts'
import { Refusal, unknownUpload } from './refusal.ts'

interface Running {
  readonly request: IncomingMessage
  readonly ended: Promise<void>
}

/**
 * The bodies of PATCH requests on their way into their files: one at a time for each upload. Straight from the socket to
 * the disk, since most of what a bridge does with media happens here.
 */
export class Intake {
  readonly #running = new Map<string, Running>()

  /** Ends what still writes to an upload. A box that comes anew has lost its former connection, whatever ours says. */
  async end(upload: string): Promise<void> {
    const running = this.#running.get(upload)
    running?.request.destroy()
    await running?.ended
  }

  /**
   * One PATCH (tus 1.0.0, "PATCH"), after whatever wrote before it has ended. Gives the new offset.
   * @param bytesMax the upload's whole length
   * @param onWritten told how long the file is, as it grows
   * @throws Refusal 409 for another offset than where the file ends, 412, 413 for more than was said, 415 for another body;
   * Error where the connection is cut or the disk fails: what came before that stays
   */
  async take(
    { upload, file, bytesMax }: { readonly upload: string; readonly file: string; readonly bytesMax: number },
    request: IncomingMessage,
    onWritten: (bytes: number) => void,
  ): Promise<number> {
    await this.end(upload)
    if (request.headers['tus-resumable'] !== '1.0.0') throw new Refusal(412, 'Tus-Resumable must be 1.0.0')
    if (request.headers['content-type'] !== 'application/offset+octet-stream') {
      throw new Refusal(415, 'Content-Type must be application/offset+octet-stream')
    }
    const offset = await sizeOf(file)
    if (request.headers['upload-offset'] !== String(offset))
      throw new Refusal(409, 'Upload-Offset is not where it ends')
    const length = request.headers['content-length']
    if (length !== undefined && offset + Number(length) > bytesMax) throw tooMuch()
    const body = length === undefined ? bounded(request, bytesMax - offset) : request
    const end = new FileEnd(file, offset, onWritten)
    const written = pipeline(body, end)
    const running = { request, ended: written.catch(() => {}).finally(() => this.#forget(upload, running)) }
    this.#running.set(upload, running)
    await written
    return end.at
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
