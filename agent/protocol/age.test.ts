import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  ageIdentityText,
  ageOpen,
  ageRecipientOf,
  ageSeal,
  isAgeRecipient,
  newAgeIdentity,
  parseAgeIdentity,
} from './age.ts'
import { bech32Decode, bech32Encode } from './bech32.ts'

const SEED = 20_261_123

/** Made by the npm package age-encryption 0.3.1, for two recipients of which this identity is the first. */
const FOREIGN = {
  identity: 'AGE-SECRET-KEY-1EGVJUJHXL9E0NYR2RGKY7QA92GKEV0QT5S0YXG2N66SCHX05HDNQ6WW8D0',
  recipient: 'age1u02a0nentmtpln47q6duxtjze5flnlnrtxdv5janptgr92uf2qeshhan3n',
  secret: 'n9ha6tJYMhKb3k632OTFb/coXtfytsEzQSkc8QDloEc=',
  file: Buffer.from(
    [
      'YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBNOGJZUFZqdmFIS2cyZmFvNUtqWE9iYVEwVUsxWWl4S21OMlRkY1o4WWdRCjVFTmk0aWhz',
      'eENwUnJZdThidXczakRkZ1J2MUw1ZTl3cUMyZHdIL3Q4d0EKLT4gWDI1NTE5IElXaTRlVTVWbXYwZ0k4RE1wY1pHTHRURGNpZjhuTGk1SUVLTWpP',
      'bjJKeXMKQklpakdqWjk2aFZPNXJsNndHTlQzMmZ2L0R3VmxHbnZDZG5jM1lpVUtFNAotLS0gQXRUeC9pbXpVbUNxVTEwWkhVN0hFU1crQWtXcTNN',
      'ZnFjaUJ6am15cmcwdwqOgm8f0H14Au+GKb0x52TeNl1dTfqlWJYnn9MPlFV0NDMVvYA14WxdQVvzSce6F6JWdHikdgMudemtNn3VGOTz',
    ].join(''),
    'base64',
  ),
}

describe('an age file', () => {
  it('of another program opens with its identity', () => {
    const identity = parseAgeIdentity(FOREIGN.identity)
    assert.equal(ageRecipientOf(identity), FOREIGN.recipient)
    assert.equal(ageIdentityText(identity), FOREIGN.identity)
    assert.equal(ageOpen(FOREIGN.file, identity)?.toString('base64'), FOREIGN.secret)
  })

  it('opens for each of its recipients, in any place, and for nobody else', () => {
    const [secret, identities] = [randomBytes(32), [newAgeIdentity(), newAgeIdentity(), newAgeIdentity()]]
    const file = ageSeal(secret, identities.map(ageRecipientOf))
    for (const identity of identities) assert.deepEqual(ageOpen(file, identity), secret)
    assert.equal(ageOpen(file, newAgeIdentity()), undefined)
  })

  it('is laid out as the specification has it', () => {
    const file = ageSeal(Buffer.alloc(32), [ageRecipientOf(newAgeIdentity())])
    assert.match(
      file.toString('latin1'),
      /^age-encryption\.org\/v1\n-> X25519 [A-Za-z0-9+/]{43}\n[A-Za-z0-9+/]{43}\n--- [A-Za-z0-9+/]{43}\n[\s\S]{64}$/,
    )
  })

  it('that was changed in any place, or cut short, is refused or opens for nobody', () => {
    const identity = parseAgeIdentity(FOREIGN.identity)
    const secret = Buffer.from(FOREIGN.secret, 'base64')
    const opensTo = (file: Buffer) => {
      try {
        return ageOpen(file, identity)
      } catch (error) {
        assert.ok(error instanceof Error && 'kind' in error && error.kind === 'invalid', String(error))
        return undefined
      }
    }
    for (let at = 0; at < FOREIGN.file.length; at += 1) {
      const changed = Buffer.from(FOREIGN.file)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.equal(opensTo(changed), undefined, `byte ${at} changed`)
      assert.equal(opensTo(FOREIGN.file.subarray(0, at)), undefined, `cut at ${at}`)
    }
    assert.deepEqual(opensTo(FOREIGN.file), secret)
  })

  it('is made for nobody where one recipient is not of a kind that is known', () => {
    const good = ageRecipientOf(newAgeIdentity())
    for (const bad of [
      '',
      'age1',
      `${good}q`,
      good.toUpperCase(),
      `age1pq1${good.slice(4)}`,
      good.replace(/.$/, 'b'),
    ]) {
      if (bad === good) continue
      assert.equal(isAgeRecipient(bad), false, bad)
      assert.throws(() => ageSeal(Buffer.alloc(32), [good, bad]), { kind: 'unsupported' }, bad)
    }
    assert.throws(() => ageSeal(Buffer.alloc(32), []), { kind: 'unsupported' })
  })

  it('for a point of low order is refused: its secret is no secret', () => {
    const zero = bech32Encode('age', Buffer.alloc(32))
    assert.throws(() => ageSeal(Buffer.alloc(32), [zero]), { kind: 'invalid' })
  })
})

describe('bech32', () => {
  it('gives back what was written', () => {
    const bytes = fc.uint8Array({ maxLength: 80 })
    fc.assert(
      fc.property(bytes, (given) =>
        assert.deepEqual(bech32Decode('age', bech32Encode('age', given)), Buffer.from(given)),
      ),
      { seed: SEED },
    )
  })

  it('refuses a wrong letter wherever it is', () => {
    const text = FOREIGN.recipient
    const letter = fc.constantFrom(...'qpzry9x8gf2tvdw0s3jn54khce6mua7lbio1AZ')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), letter, (at, put) => {
        const changed = text.slice(0, at) + put + text.slice(at + 1)
        assert.equal(bech32Decode('age', changed) !== undefined, changed === text)
      }),
      { seed: SEED },
    )
  })
})
