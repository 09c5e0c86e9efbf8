import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeError, errorKind, LenscapError } from '../base/errors.ts'
import { bodyOfReply, refusalOf, withReason } from './faults.ts'

const fault = (subcode: string, reason = 'no') =>
  `<s:Envelope><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>${subcode}</s:Value></s:Subcode></s:Code><s:Reason><s:Text>${reason}</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>`

/** What a reply of this status and text is taken for: an error's kind and reason, or what the body holds. */
function meaning(status: number, text: string): readonly (string | undefined)[] {
  try {
    return ['fine', bodyOfReply(status, text, { operation: 'Test' }).names().join()]
  } catch (error) {
    return [errorKind(error), refusalOf(error)]
  }
}

const MEANINGS = [
  ['a password', 400, fault('ter:NotAuthorized'), 'refused', 'credential'],
  ['a password, with HTTP 200', 200, fault('wsse:FailedAuthentication'), 'refused', 'credential'],
  ['a password, in HTML', 401, '<!DOCTYPE html><html>401</html>', 'refused', 'credential'],
  ['a lockout, in HTML', 401, '<html>The user is locked</html>', 'busy', 'locked-out'],
  ['a lockout', 400, fault('ter:UserLocked'), 'busy', 'locked-out'],
  ['a blocked address', 400, fault('ter:HasBlocked'), 'busy', 'locked-out'],
  ['a clock', 400, fault('ter:NotAuthorized', 'Wsse authorized time check failed'), 'refused', 'clock'],
  ['threads', 500, fault('ter:BlockedThreadUpperLimit'), 'busy', 'slots'],
  ['pull points', 400, fault('ter:MaxPullPoints'), 'busy', 'slots'],
  ['subscriptions', 400, fault('ter:MaximumNumberOfSubscriptions'), 'busy', 'slots'],
  ['load', 503, '', 'busy', 'slots'],
  ['a missing operation', 500, fault('ter:ActionNotSupported'), 'unsupported', undefined],
  ['a missing page', 404, '<html>no</html>', 'unsupported', undefined],
  ['an unknown fault', 500, fault('ter:SomethingElse'), 'invalid', undefined],
  ['a page instead of SOAP', 200, '<html>welcome</html>', 'invalid', undefined],
  ['nothing', 200, '', 'invalid', undefined],
  ['an answer', 200, '<Envelope><Body><tds:A/></Body></Envelope>', 'fine', 'A'],
] as const

for (const [name, status, text, kind, reason] of MEANINGS) {
  test(`a reply about ${name} is ${kind}${reason ? ` (${reason})` : ''}`, () => {
    assert.deepEqual(meaning(status, text), [kind, reason])
  })
}

test('a fault of SOAP 1.1 is read too', () => {
  const old =
    '<Envelope><Body><Fault><faultcode>a:NotAuthorized</faultcode><faultstring>x</faultstring></Fault></Body></Envelope>'
  assert.deepEqual(meaning(500, old), ['refused', 'credential'])
})

test('who names no user is told once that one is wanted, with what the device was asked', () => {
  const refusal = new LenscapError('refused', 'The device refuses the user or password', { address: '192.0.2.7' })
  const told = withReason(refusal, 'no-credential')
  assert.equal(describeError(told), 'The device wants a user and password')
  assert.equal(told.facts['address'], '192.0.2.7')
})
