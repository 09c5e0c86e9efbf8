import type { Mutation } from './mutation.ts'

const CONSENT = 'agent/consent/consent.ts'
const GRANT = 'agent/protocol/grant.ts'
const MODEL_TEST = 'test/consent-model/consent-model.test.ts'
const CONSENT_TEST = 'agent/consent/consent.test.ts'
const LASTING_TEST = 'agent/consent/lasting.test.ts'
const REVOCATION_TEST = 'test/revocation/revocation.test.ts'

/** What could be wrong with a grant, or the cap, on the box. */
export const PERMISSION: readonly Mutation[] = [
  {
    what: "a grant's signature is not checked",
    edits: [
      [GRANT, 'if (!verify(null, Buffer.concat([DOMAIN, bytes]), accountPublicKey, signature)) return undefined', ''],
    ],
    tests: [CONSENT_TEST],
  },
  {
    what: "a grant's signature is not checked, to the model's eyes",
    edits: [
      [GRANT, 'if (!verify(null, Buffer.concat([DOMAIN, bytes]), accountPublicKey, signature)) return undefined', ''],
    ],
    tests: [MODEL_TEST],
  },
  {
    what: 'what is read from the disk is believed, whoever signed it',
    edits: [
      [
        CONSENT,
        'const document = row && openGrant(row, pins.grantKey)',
        "const document = row && JSON.parse(Buffer.from(row.document, 'base64url').toString())",
      ],
    ],
    tests: [CONSENT_TEST],
  },
  {
    what: "a grant's serial may go back",
    edits: [[CONSENT, 'if (serial < this.serial) throw', 'if (false) throw']],
    tests: [CONSENT_TEST],
  },
  {
    what: "a grant's serial may go back, to the model's eyes",
    edits: [[CONSENT, 'if (serial < this.serial) throw', 'if (false) throw']],
    tests: [MODEL_TEST],
  },
  {
    what: "another account's grant counts",
    edits: [[CONSENT, 'if (account !== pins.account) throw', 'if (false) throw']],
    tests: [CONSENT_TEST],
  },
  {
    what: "another box's grant counts",
    edits: [[CONSENT, 'if (agent !== pins.agent) throw', 'if (false) throw']],
    tests: [CONSENT_TEST],
  },
  {
    what: 'a grant counts before it is on the disk',
    edits: [[CONSENT, 'this.#keep(document.serial, signed)', '']],
    tests: [CONSENT_TEST],
  },
  {
    what: 'on a full disk a revocation ends nothing',
    edits: [[CONSENT, 'this.#document = held && commonOf(held, document)', '']],
    tests: [CONSENT_TEST],
  },
  {
    what: 'on a full disk a grant takes what it does not allow yet',
    edits: [[CONSENT, 'this.#document = held && commonOf(held, document)', 'this.#document = document']],
    tests: [CONSENT_TEST],
  },
  {
    what: 'no room is kept for a revocation on a full disk',
    edits: [[CONSENT, 'if (this.#ballast) this.#ballast.withRoom(() => db, write)\n    else write()', 'write()']],
    tests: [REVOCATION_TEST],
  },
  {
    what: 'a grant runs out by the clock alone, which may be set back',
    edits: [[CONSENT, 'this.#latest.nowMs() < expires', 'this.#deps.clock.nowMs() < expires']],
    tests: [LASTING_TEST],
  },
  {
    what: 'a grant never runs out',
    edits: [
      [CONSENT, 'this.#latest.nowMs() < expires', 'true'],
      [GRANT, 'nowMs >= document.expires', 'false'],
    ],
    tests: [MODEL_TEST],
  },
  {
    what: 'a grant counts before its time',
    edits: [
      [CONSENT, 'this.#deps.clock.nowMs() >= notBefore &&', ''],
      [GRANT, 'nowMs < document.notBefore', 'false'],
    ],
    tests: [CONSENT_TEST],
  },
  {
    what: 'that a grant has run out is noticed once, while nobody looks',
    edits: [
      [
        CONSENT,
        'this.#latest.keepNowAndThen()',
        'this.#latest.keepNowAndThen()\n    this.#inForce = this.#isInForceNow()',
      ],
    ],
    tests: [LASTING_TEST],
  },
  {
    what: 'every camera is allowed what one is',
    edits: [[GRANT, 'entry.camera === camera && ', '']],
    tests: [CONSENT_TEST],
  },
  {
    what: 'every kind is allowed where one is',
    edits: [[GRANT, ' && entry.kinds.includes(kind)', '']],
    tests: [CONSENT_TEST],
  },
  {
    what: 'the cap is ignored',
    edits: [[CONSENT, ' || this.#deps.cap.isOn()', '']],
    tests: [CONSENT_TEST],
  },
  {
    what: 'the cap is not noticed when it is put on',
    edits: [[CONSENT, 'deps.cap.watch(() => this.#review())', 'deps.cap.watch(() => {})']],
    tests: [CONSENT_TEST],
  },
  {
    what: 'a restart forgets the cap',
    edits: [
      [
        'agent/consent/cap.ts',
        'this.#folder = stateDir\n',
        "this.#folder = stateDir\n    rmSync(join(stateDir, 'cap-on'), { force: true })\n",
      ],
    ],
    tests: [MODEL_TEST],
  },
  {
    what: 'doubt about the cap lets media out',
    edits: [['agent/consent/cap.ts', '    } catch {\n      return true\n', '    } catch {\n      return false\n']],
    tests: [CONSENT_TEST],
  },
  {
    what: 'what was handed out is not ended',
    edits: [[CONSENT, 'this.#handedOut.delete(key)\n      grant.end()', 'this.#handedOut.delete(key)']],
    tests: [CONSENT_TEST],
  },
  {
    what: 'a grant that was handed out is not asked again',
    edits: [[CONSENT, 'this.signal.aborted || !this.#consent.allows(this.camera, this.kind)', 'this.signal.aborted']],
    tests: [CONSENT_TEST],
  },
]
