import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { until } from '../rtsp/testing.ts'
import type { MediaAccess } from './access.ts'
import { isJpeg } from './jpeg.ts'
import { takeSnapshot } from './snapshot.ts'
import { httpCamera, JPEG, sendJpeg, type TestOwner, testOwner } from './testing.ts'

const take = (owner: TestOwner, access: MediaAccess, limits: { timeoutMs?: number; bytesMax?: number } = {}) =>
  takeSnapshot(owner.grant('snapshot'), access, {
    folder: owner.folder,
    clock: systemClock,
    signal: new AbortController().signal,
    reason: 'granted',
    ...limits,
  })

describe('takeSnapshot', () => {
  it('puts the picture on the disk, exactly as the camera sent it', async () => {
    using owner = testOwner()
    owner.allow('snapshot')
    await using camera = await httpCamera(sendJpeg)
    const item = await take(owner, camera.access)
    assert.deepEqual(readFileSync(item.path), JPEG)
    assert.equal(item.sha256, createHash('sha256').update(JPEG).digest('hex'))
    assert.equal(item.bytes, JPEG.length)
    assert.deepEqual([item.kind, item.contentType, item.durationMs], ['snapshot', 'image/jpeg', 0])
    assert.deepEqual(camera.authorizations, [undefined], 'the user in the address is not used')
  })

  it('opens no connection without a grant, with one for something else, or with the cap on', async () => {
    using owner = testOwner()
    await using camera = await httpCamera(sendJpeg)
    owner.allow('snapshot', 'clip')
    const snapshot = owner.grant('snapshot')
    const clip = owner.grant('clip')
    const deps = { folder: owner.folder, clock: systemClock, signal: new AbortController().signal, reason: 'granted' }
    await assert.rejects(takeSnapshot(clip, camera.access, deps), { kind: 'refused' })
    await assert.rejects(takeSnapshot(snapshot, { ...camera.access, camera: 'camerabbbbbbbbbb' }, deps), {
      kind: 'refused',
    })
    owner.cap.set(true)
    await assert.rejects(takeSnapshot(snapshot, camera.access, deps), { kind: 'refused' })
    owner.cap.set(false)
    owner.allow()
    await assert.rejects(takeSnapshot(snapshot, camera.access, deps), { kind: 'refused' })
    assert.equal(camera.connections, 0)
  })

  it('answers Digest once, and leaves it at that when refused', async () => {
    using owner = testOwner()
    owner.allow('snapshot')
    const challenge = ['Basic realm="cam"', 'Digest realm="cam", nonce="abc", qop="auth", algorithm=SHA-256']
    await using camera = await httpCamera((request, response) => {
      if (request.headers.authorization?.includes('uri="/snap?channel=1"')) response.end(JPEG)
      else response.writeHead(401, { 'www-authenticate': challenge }).end()
    })
    await take(owner, camera.access)
    assert.equal(camera.authorizations.length, 2)
    await using deaf = await httpCamera((_, response) =>
      response.writeHead(401, { 'www-authenticate': challenge }).end(),
    )
    await assert.rejects(take(owner, deaf.access), { kind: 'refused' })
    assert.equal(deaf.authorizations.length, 2)
    for (const sent of [...camera.authorizations, ...deaf.authorizations])
      assert.doesNotMatch(sent ?? '', /Basic|horse/)
  })

  it('refuses Basic over plain HTTP', async () => {
    using owner = testOwner()
    owner.allow('snapshot')
    await using camera = await httpCamera((_, r) => r.writeHead(401, { 'www-authenticate': 'Basic realm="c"' }).end())
    await assert.rejects(take(owner, camera.access), { kind: 'unsupported', message: /only Basic/ })
    assert.deepEqual(camera.authorizations, [undefined])
  })

  it('follows no redirect', async () => {
    using owner = testOwner()
    owner.allow('snapshot')
    await using other = await httpCamera(sendJpeg)
    const elsewhere = await other.access.snapshotUri(new AbortController().signal)
    elsewhere.hostname = '127.0.0.1'
    await using camera = await httpCamera((_, response) => response.writeHead(302, { location: `${elsewhere}` }).end())
    await assert.rejects(take(owner, camera.access), { kind: 'unsupported' })
    assert.equal(other.connections, 0)
  })

  it('refuses what is too large, too slow or no JPEG, and leaves no file', async () => {
    using owner = testOwner()
    owner.allow('snapshot')
    await using large = await httpCamera((_, response) => {
      response.write(JPEG)
      response.end(Buffer.alloc(5000))
    })
    await assert.rejects(take(owner, large.access, { bytesMax: 4000 }), { kind: 'limit' })
    await using slow = await httpCamera((_, response) => response.write(JPEG))
    await assert.rejects(take(owner, slow.access, { timeoutMs: 50 }), { kind: 'timeout' })
    await using html = await httpCamera((_, response) => response.end('<html>busy</html>'))
    await assert.rejects(take(owner, html.access), { kind: 'invalid' })
    assert.deepEqual(owner.files, [])
  })

  it('stops in the middle when the owner revokes, and leaves no file', async () => {
    using owner = testOwner()
    owner.allow('snapshot')
    let closed = false
    await using camera = await httpCamera((request, response) => {
      request.socket.on('close', () => {
        closed = true
      })
      response.write(JPEG.subarray(0, 20))
      setImmediate(() => owner.allow())
    })
    await assert.rejects(take(owner, camera.access), { kind: 'refused' })
    await until(() => closed, 'the socket is closed')
    assert.deepEqual(owner.files, [])
  })
})

describe('isJpeg', () => {
  it('takes a picture, also with padding behind it, and nothing that was cut', () => {
    assert.equal(isJpeg(JPEG), true)
    assert.equal(isJpeg(Buffer.concat([JPEG, Buffer.from('0d0a00', 'hex')])), true)
    for (let bytes = 0; bytes < JPEG.length; bytes++) assert.equal(isJpeg(JPEG.subarray(0, bytes)), false)
  })
})
