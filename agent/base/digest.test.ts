import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answerDigest, DigestAuth, parseChallenges } from './digest.ts'
import { Secret } from './secret.ts'

const mufasa = { username: 'Mufasa', password: new Secret('Circle of Life') }

/** The challenges of RFC 7616, 3.9.1, in one line as a proxy may join them. */
const RFC_7616 =
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", ' +
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'

const camera = (cnonce?: () => string) => new DigestAuth(mufasa, '127.0.0.2', cnonce)
const fresh = (nonce: string, more = '') => [`Digest realm="IP Camera", nonce="${nonce}"${more}`]

describe('digest', () => {
  it("gives RFC 7616's own answers, for SHA-256 and MD5", () => {
    const request = {
      method: 'GET',
      uri: '/dir/index.html',
      count: 1,
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    }
    const answers = parseChallenges([RFC_7616]).digests.map((challenge) => answerDigest(challenge, mufasa, request))
    assert.equal(answers.length, 2)
    assert.match(answers[0] ?? '', /response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"/)
    assert.match(answers[1] ?? '', /response="8ca523f5e9506fed4657c9700eebdbec"/)
  })

  it('answers the strongest challenge offered', () => {
    const auth = camera()
    auth.take(['Digest realm="r", nonce="weak"', 'Digest realm="r", nonce="strong", algorithm=SHA-256, qop="auth"'])
    assert.match(auth.authorization('DESCRIBE', '/') ?? '', /nonce="strong".*algorithm=SHA-256.*nc=00000001/)
    assert.match(auth.authorization('SETUP', '/') ?? '', /nc=00000002/)
  })

  it('answers cameras after RFC 2069, which offer neither qop nor algorithm', () => {
    const auth = camera()
    auth.take(fresh('n'))
    const answer = auth.authorization('DESCRIBE', 'rtsp://127.0.0.2/a') ?? ''
    assert.doesNotMatch(answer, /qop|nc=|algorithm/)
    assert.match(answer, /response="[0-9a-f]{32}"/)
  })

  it('does not send a refused credential again', () => {
    const auth = camera()
    auth.take(fresh('one'))
    auth.authorization('DESCRIBE', '/')
    assert.throws(() => auth.take(fresh('two')), { kind: 'refused' })
  })

  it('answers once more where only the nonce was stale, or had aged after a success', () => {
    const auth = camera()
    auth.take(fresh('one'))
    auth.authorization('DESCRIBE', '/')
    auth.take(fresh('two', ', stale=TRUE'))
    auth.authorization('DESCRIBE', '/')
    assert.throws(() => auth.take(fresh('three', ', stale=true')), { kind: 'refused' }, 'but not for ever')
    auth.accepted()
    auth.take(fresh('four'))
    assert.match(auth.authorization('OPTIONS', '/') ?? '', /nonce="four"/)
  })

  it('never answers Basic', () => {
    assert.throws(() => camera().take(['Basic realm="camera"']), { kind: 'unsupported', message: /only Basic/ })
  })

  it('says that a credential is missing', () => {
    const auth = new DigestAuth(undefined, '127.0.0.2')
    assert.throws(
      () => auth.take(fresh('n')),
      (error: { facts?: unknown; kind?: unknown }) => {
        assert.deepEqual(error.facts, { host: '127.0.0.2', diagnosis: 'NO_CREDENTIAL' })
        return error.kind === 'refused'
      },
    )
  })

  it('survives challenges that no grammar allows', () => {
    for (const header of ['', ',,,', 'Digest', 'Digest nonce="open', 'Digest =x', `Digest ${'"'.repeat(50_000)}`]) {
      assert.deepEqual(parseChallenges([header]).digests, [])
    }
  })
})
