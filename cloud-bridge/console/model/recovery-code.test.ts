import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import {
  GROUP_COUNT,
  groupsOf,
  isRecipient,
  readGroup,
  readRecoveryCode,
  recoveryFile,
  secretOf,
  shortRecipient,
} from './recovery-code.ts'

const IDENTITY = await generateX25519Identity()
const RECIPIENT = await identityToRecipient(IDENTITY)
const problemOf = (typed: string): string => {
  const read = readRecoveryCode(typed)
  assert.ok('problem' in read, 'it was taken')
  return read.problem
}

describe('a recovery code', () => {
  it('is an age identity in fourteen groups, of which the last is the checksum', () => {
    const groups = groupsOf(IDENTITY)
    assert.equal(groups.length, GROUP_COUNT)
    assert.deepEqual(new Set(groups.slice(0, -1).map(({ length }) => length)), new Set([4]))
    assert.equal(groups.at(-1)?.length, 6)
    assert.equal(`AGE-SECRET-KEY-1${groups.join('')}`, IDENTITY)
  })

  it('is read however it was typed, pasted or filed', () => {
    const groups = groupsOf(IDENTITY)
    const file = recoveryFile(IDENTITY, RECIPIENT, ['Lenscap recovery code', 'of anna'])
    const misread = groups.join(' ').replaceAll('8', 'b').replaceAll('0', 'O').replaceAll('L', '1')
    for (const typed of [
      IDENTITY,
      groups.join(' '),
      groups.join('-').toLowerCase(),
      `\n${groups.slice(0, 7).join(' ')}\n${groups.slice(7).join(' ')}\n`,
      file,
      file.replaceAll('\n', '\r\n'),
      misread,
    ]) {
      assert.deepEqual(readRecoveryCode(typed), { identity: IDENTITY }, typed)
    }
    assert.equal(readGroup(' ab0 1-x'), 'A80LX')
  })

  it('with one mistake is refused, and the group is named', () => {
    const code = groupsOf(IDENTITY).join('')
    for (const place of [0, 3, 4, 27, 51, 52, 57]) {
      const other = code[place] === 'Q' ? 'P' : 'Q'
      const typed = code.slice(0, place) + other + code.slice(place + 1)
      const group = place >= 52 ? 'the last group' : `group ${Math.floor(place / 4) + 1} `
      assert.ok(problemOf(typed).includes(group), `${place}: ${problemOf(typed)}`)
    }
  })

  it('with more mistakes, too short or with strange letters is refused in words', () => {
    const code = groupsOf(IDENTITY).join('')
    const turned = code.slice(0, 20) + [...code.slice(20, 40)].reverse().join('') + code.slice(40)
    assert.match(problemOf(turned), /not quite/)
    assert.match(problemOf(code.slice(0, 57)), /57 characters/)
    assert.match(problemOf('x'), /58 letters and digits in 14 groups; these are 1 character\./)
    assert.match(problemOf(`A${code}`), /59 characters/)
    assert.match(problemOf('  '), /Enter your/)
  })

  it('has the key that age itself reads in it', async () => {
    const secret = secretOf(IDENTITY)
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secret])
    const key = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'X25519' }, false, ['deriveBits'])
    assert.equal(await identityToRecipient(key), RECIPIENT)
  })

  it('knows a public key by its form', () => {
    assert.equal(isRecipient(RECIPIENT), true)
    for (const text of [IDENTITY, RECIPIENT.slice(1), `${RECIPIENT}q`, RECIPIENT.toUpperCase(), 'age1pq1xyz']) {
      assert.equal(isRecipient(text), false, text)
    }
    assert.match(shortRecipient(RECIPIENT), /^age1.{5}….{6}$/)
  })
})
