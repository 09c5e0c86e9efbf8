import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bodyOfReply } from './faults.ts'
import { notificationsIn } from './notification.ts'
import { RepeatedReply } from './repeated.ts'

const time = (second: number) => new Date(1_790_000_000_000 + second * 1000).toISOString()

const empty = (second: number, relatesTo = 'urn:uuid:1', inside = '') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header><a:RelatesTo a:b="x>y">${relatesTo}</a:RelatesTo></s:Header>\n<s:Body><tev:PullMessagesResponse><tev:CurrentTime>${time(second)}</tev:CurrentTime><tev:TerminationTime>${time(second + 60)}</tev:TerminationTime>${inside}</tev:PullMessagesResponse></s:Body></s:Envelope>`

/** What the parser makes of it: nothing happened, or anything else. */
function isNothing(text: string): boolean {
  try {
    const reply = bodyOfReply(200, text, {}).one('PullMessagesResponse')
    return reply !== undefined && reply.all('NotificationMessage').length === 0 && notificationsIn(reply).length === 0
  } catch {
    return false
  }
}

test('an empty answer to a pull is known by its tags, whatever its times and names are', () => {
  const nothing = new RepeatedReply()
  assert.equal(nothing.isLike(empty(1)), false)
  nothing.remember(empty(1))
  assert.equal(nothing.isLike(empty(9_000, 'uuid:another one, longer')), true)
  assert.equal(nothing.isLike(empty(2, 'x', '<wsnt:NotificationMessage/>')), false)
})

for (const [what, text] of [
  ['comments', empty(1, 'x', '<!-- a -->')],
  ['CDATA', empty(1, '<![CDATA[a]]>')],
  ['a processing instruction', empty(1, '<?a b?>')],
  ['more than it could be', empty(1, 'x'.repeat(5_000))],
] as const) {
  test(`an answer with ${what} is parsed each time`, () => {
    const nothing = new RepeatedReply()
    nothing.remember(text)
    assert.equal(nothing.isLike(text), false)
  })
}

/** What makes trouble where it is put in, and what makes none. */
const pieces = fc.constantFrom(
  ...['<', '>', '"', "'", '&lt;', '&', '/', '=', '<!--', '-->', '<![CDATA[', ']]>', '<?', '?>', ' ', '\n', '0', 'a'],
  ...[
    '<NotificationMessage>',
    '</NotificationMessage>',
    '<NotificationMessage/>',
    '<s:Fault>',
    '</s:Fault>',
    '</s:Body>',
    '</s:Header>',
  ],
)
const edits = fc.array(fc.record({ at: fc.nat(600), drop: fc.constantFrom(0, 0, 1, 1, 2, 20), put: pieces }), {
  maxLength: 3,
})

const edited = (text: string, changes: readonly { at: number; drop: number; put: string }[]) =>
  changes.reduce((all, { at, drop, put }) => `${all.slice(0, at)}${put}${all.slice(at + drop)}`, text)

test('what is known without a parser is what the parser would have said, however broken the two are', () => {
  let known = 0
  fc.assert(
    fc.property(edits, edits, fc.boolean(), (first, second, isSame) => {
      const [before, after] = [edited(empty(1), first), edited(empty(7, 'b'), isSame ? [...first, ...second] : second)]
      const nothing = new RepeatedReply()
      if (isNothing(before)) nothing.remember(before)
      if (!nothing.isLike(after)) return
      known += 1
      assert.ok(isNothing(after), `${before}\n${after}`)
    }),
    { numRuns: 20_000, seed: 4 },
  )
  assert.ok(known > 200, `${known} were known: the property looked at something`)
})
