import { existsSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import staticFiles from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { API } from './api.ts'
import { send } from './errors.ts'

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Lenscap</title>
<p>The bridge runs, but its console is not built: run <code>make build</code> and reload this page.</p></html>\n`

// The build names these by their content: another content is another name.
const FOR_EVER = 'public, max-age=31536000, immutable'

/** Serves the built console. Its pages are one document: any path that is not a file and not the API's gives that one. */
export async function consoleFiles(app: FastifyInstance, folder: string): Promise<void> {
  const built = existsSync(join(folder, 'index.html'))
  if (built)
    await app.register(staticFiles, {
      root: resolve(folder),
      wildcard: true,
      index: false,
      dotfiles: 'ignore',
      cacheControl: false,
      setHeaders: (reply, path) => reply.header('cache-control', isHashed(path) ? FOR_EVER : 'no-cache'),
    })
  function isHashed(path: string): boolean {
    return path.startsWith(join(resolve(folder), 'assets') + sep)
  }
  const page = (reply: FastifyReply) => {
    reply.header('cache-control', 'no-cache')
    return built ? reply.sendFile('index.html') : reply.type('text/html; charset=utf-8').send(NOT_BUILT)
  }
  app.get('/', (_, reply) => page(reply))
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === 'GET' && !request.url.startsWith(API) && !request.url.startsWith('/device/')
    if (!isPage || /\.\w+$/.test(request.url.split('?')[0] ?? '')) {
      return send(reply, 404, { error: 'not-found', message: 'There is no such thing here' })
    }
    return page(reply)
  })
}
