import type { Mutation } from './mutation.ts'

const CONSENT = 'agent/consent/consent.ts'
const QUEUE = 'agent/egress/queue.ts'
const EGRESS = 'agent/egress/egress.ts'
const UPLOAD = 'agent/egress/upload.ts'
const GRANT = 'agent/protocol/grant.ts'
const KEEPER = 'agent/media/keeper.ts'
const MODEL_TEST = 'test/consent-model/consent-model.test.ts'
const CONSENT_TEST = 'agent/consent/consent.test.ts'
const EGRESS_TEST = 'agent/egress/egress.test.ts'
const REVOCATION_TEST = 'test/revocation/revocation.test.ts'
const KEEPER_TEST = 'agent/media/keeper.test.ts'

/** What lets everything pass. */
const ANY_GRANT = (camera: string, kind: string) =>
  ` ?? { camera: ${camera}, kind: ${kind}, serial: 1, recipients: [], check() {}, signal: new AbortController().signal }`

/** What could be wrong with a grant, or the cap, on the box. */
const PERMISSION: readonly Mutation[] = [
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
    tests: [CONSENT_TEST],
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
    tests: [CONSENT_TEST],
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

/** What could be wrong with what waits and leaves. */
const LEAVING: readonly Mutation[] = [
  {
    what: 'what waits is sent without asking again',
    edits: [[EGRESS, 'const grant = grantFor(item.camera, item.kind)', `$&${ANY_GRANT('item.camera', 'item.kind')}`]],
    tests: [EGRESS_TEST],
  },
  {
    what: 'permission is not asked for each piece',
    edits: [[UPLOAD, 'grant.check()\n      job.beforePiece(bytes)', 'job.beforePiece(bytes)']],
    tests: [EGRESS_TEST],
  },
  {
    what: 'permission is not asked before each request',
    edits: [[UPLOAD, 'grant.check()\n      if (new URL', 'if (new URL']],
    tests: [EGRESS_TEST],
  },
  {
    what: 'a transfer is not cut when permission ends',
    edits: [[UPLOAD, "grant.signal.addEventListener('abort', onAbort)", '']],
    tests: [EGRESS_TEST],
  },
  {
    what: 'a transfer that is cut still sends what the system holds',
    edits: [[UPLOAD, 'line.cut()', 'line.close()']],
    tests: [EGRESS_TEST],
  },
  {
    what: 'what waits is not deleted when permission ends',
    edits: [[EGRESS, 'this.#queue.remove(...items.map(({ item }) => item))', '']],
    tests: [EGRESS_TEST],
  },
  {
    what: "what waits is not deleted when permission ends, to the model's eyes",
    edits: [[EGRESS, 'this.#queue.remove(...items.map(({ item }) => item))', '']],
    tests: [MODEL_TEST],
  },
  {
    what: 'what waits is forgotten, and its file stays',
    edits: [[QUEUE, 'for (const item of items) rmSync(this.pathOf(item), { force: true })', '']],
    tests: [EGRESS_TEST],
  },
  {
    what: 'a row that can not be deleted keeps the next file',
    edits: [
      [
        QUEUE,
        'for (const item of items) rmSync(this.pathOf(item), { force: true })\n    for (const item of items) this.#forget(item)',
        'for (const item of items) {\n      rmSync(this.pathOf(item), { force: true })\n      this.#forget(item)\n    }',
      ],
    ],
    tests: [EGRESS_TEST],
  },
  {
    what: 'nobody waits for the end of a permission under which something waits',
    edits: [[EGRESS, "grant.signal.addEventListener('abort', onEnd, { once: true })", '']],
    tests: [EGRESS_TEST],
  },
  {
    what: 'a restart does not look at what waits',
    edits: [[EGRESS, 'for (const { camera, kind } of this.#queue.scopes()) this.#review(camera, kind)', '']],
    tests: [EGRESS_TEST],
  },
  {
    what: 'what was taken while permission ended and came back leaves',
    edits: [[EGRESS, 'if (grant.signal.aborted) this.#queue.remove(item.item)', '']],
    tests: [EGRESS_TEST, MODEL_TEST],
  },
  {
    what: 'any grant will do to queue an item',
    edits: [[EGRESS, 'grant.camera !== item.camera || grant.kind !== item.kind', 'false']],
    tests: [EGRESS_TEST],
  },
  {
    what: 'the plain file stays beside the encrypted one',
    edits: [[EGRESS, 'rmSync(item.path, { force: true })', '']],
    tests: [EGRESS_TEST],
  },
  {
    what: 'an answer may send media elsewhere',
    edits: [
      [UPLOAD, 'return new URL(pathname + search, endpoint.origin).href', 'return new URL(location, endpoint).href'],
    ],
    tests: [EGRESS_TEST],
  },
  {
    what: 'what leaves is booked after it has left',
    edits: [['agent/egress/send.ts', "if (sent === 0) write('begun', bytes - sentUpTo)", '']],
    tests: [EGRESS_TEST],
  },
  {
    what: 'a transfer that is cut is not booked',
    edits: [['agent/egress/send.ts', "if (sent > 0) write('cut', sent)", '']],
    tests: [EGRESS_TEST],
  },
]

const RECORDER = 'agent/media/recorder.ts'
const RECORDER_TEST = 'agent/media/recorder.test.ts'
/** What could be wrong with what is asked of cameras. */
const TAKING: readonly Mutation[] = [
  {
    what: 'a picture is taken at once without permission',
    edits: [
      [KEEPER, "const picture = consent.grant(camera, 'snapshot')", `$&${ANY_GRANT('camera', "'snapshot'")}`],
      [KEEPER, "const grant = this.#deps.consent.grant(camera, 'snapshot')", `$&${ANY_GRANT('camera', "'snapshot'")}`],
    ],
    tests: [KEEPER_TEST],
  },
  {
    what: 'a picture is taken at an event without permission',
    edits: [
      [KEEPER, "if (this.#deps.consent.grant(camera, 'snapshot') === undefined) return", ''],
      [KEEPER, "const grant = this.#deps.consent.grant(camera, 'snapshot')", `$&${ANY_GRANT('camera', "'snapshot'")}`],
    ],
    tests: [KEEPER_TEST],
  },
  {
    what: 'a clip is recorded without permission',
    edits: [[KEEPER, "const clips = consent.grant(camera, 'clip')", `$&${ANY_GRANT('camera', "'clip'")}`]],
    tests: [KEEPER_TEST],
  },
  {
    what: "a stream is taken under another kind's permission",
    edits: [['agent/media/access.ts', 'grant.camera === camera && grant.kind === kind', 'true']],
    tests: [RECORDER_TEST],
  },
  {
    what: 'a stream goes on after its permission has ended',
    edits: [[RECORDER, 'new LinkedController(signal, this.#grant.signal)', 'new LinkedController(signal)']],
    tests: [RECORDER_TEST],
  },
  {
    what: 'what was recorded stays when permission ends',
    edits: [[RECORDER, "this.#grant.signal.addEventListener('abort', this.#dropAll, { once: true })", '']],
    tests: [RECORDER_TEST],
  },
  {
    what: 'a clip is handed over though its permission has ended',
    edits: [[RECORDER, 'this.#grant.check()\n      await this.#deps.onItem(item)', 'await this.#deps.onItem(item)']],
    tests: [RECORDER_TEST],
  },
]

export const BOX_MUTATIONS: readonly Mutation[] = [...PERMISSION, ...LEAVING, ...TAKING]
