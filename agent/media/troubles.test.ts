import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeError, LenscapError } from '../base/errors.ts'
import { PictureTroubles } from './troubles.ts'

const CAMERA = 'cccccccccccccccc'
const noJpeg = new LenscapError('invalid', 'it is no JPEG')

function told() {
  const said: string[] = []
  const troubles = new PictureTroubles((_, why) => {
    const code = why instanceof LenscapError ? ` ${why.facts['diagnosis']}` : ''
    said.push(why === undefined ? 'well' : `${describeError(why)}${code}`)
  })
  return { said, troubles }
}

test('a snapshot that fails once is not worth a word, and one that came is none', () => {
  const { said, troubles } = told()
  troubles.snapshotFailed(CAMERA, noJpeg)
  troubles.snapshotWell(CAMERA)
  troubles.snapshotFailed(CAMERA, noJpeg)
  assert.deepEqual(said, [])
})

test('snapshots that fail twice in a row are told with the reason, until one comes', () => {
  const { said, troubles } = told()
  troubles.snapshotFailed(CAMERA, noJpeg)
  troubles.snapshotFailed(CAMERA, noJpeg)
  troubles.snapshotWell(CAMERA)
  assert.deepEqual(said, ['it is no JPEG SNAPSHOT_FAILED', 'well'])
})

test('what is refused is told at once, as it is not asked for again, and keeps its own diagnosis', () => {
  const { said, troubles } = told()
  troubles.snapshotFailed(CAMERA, new LenscapError('refused', 'no', { diagnosis: 'AUTH_REJECTED' }))
  assert.deepEqual(said, ['no AUTH_REJECTED'])
})

test('of a stream and of snapshots that do not come the stream is told, and then the snapshots', () => {
  const { said, troubles } = told()
  troubles.stream(CAMERA, new Error('silence'))
  troubles.snapshotFailed(CAMERA, noJpeg)
  troubles.snapshotFailed(CAMERA, noJpeg)
  troubles.stream(CAMERA)
  assert.deepEqual(said, ['silence', 'silence', 'it is no JPEG SNAPSHOT_FAILED'])
})

test('a device that does not answer at all is not blamed for its snapshots', () => {
  const { said, troubles } = told()
  const gone = new LenscapError('unreachable', 'The device does not answer')
  for (let tries = 0; tries < 5; tries += 1) troubles.snapshotFailed(CAMERA, gone)
  assert.deepEqual(said, [])
})
