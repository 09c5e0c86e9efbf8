import type { Mutation } from './mutation.ts'

const QUEUE = 'agent/egress/queue.ts'
const EGRESS = 'agent/egress/egress.ts'
const UPLOAD = 'agent/egress/upload.ts'
const KEEPER = 'agent/media/keeper.ts'
const MODEL_TEST = 'test/consent-model/consent-model.test.ts'
const ASKED_TEST = 'agent/egress/asked.test.ts'
const EGRESS_TEST = 'agent/egress/egress.test.ts'
const KEEPER_TEST = 'agent/media/keeper.test.ts'
const RECORDER = 'agent/media/recorder.ts'
const RECORDER_TEST = 'agent/media/recorder.test.ts'

/** What lets everything pass. */
const ANY_GRANT = (camera: string, kind: string) =>
  ` ?? { camera: ${camera}, kind: ${kind}, serial: 1, recipients: [], check() {}, signal: new AbortController().signal }`

/** What could be wrong with what waits and leaves. */
export const LEAVING: readonly Mutation[] = [
  {
    what: 'what waits is sent without asking again',
    edits: [[EGRESS, 'const grant = grantFor(item.camera, item.kind)', `$&${ANY_GRANT('item.camera', 'item.kind')}`]],
    tests: [ASKED_TEST],
  },
  {
    what: 'permission is not asked for each piece',
    edits: [[UPLOAD, 'grant.check()\n    job.beforePiece(bytes)', 'job.beforePiece(bytes)']],
    tests: [ASKED_TEST],
  },
  {
    what: 'permission is not asked before each request',
    edits: [[UPLOAD, 'grant.check()\n      if (new URL', 'if (new URL']],
    tests: [ASKED_TEST],
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
    tests: [ASKED_TEST],
  },
  {
    what: 'nobody waits for the end of a permission under which something waits',
    edits: [[EGRESS, "grant.signal.addEventListener('abort', onEnd, { once: true })", '']],
    tests: [EGRESS_TEST],
  },
  {
    what: 'a restart does not look at what waits',
    edits: [[EGRESS, 'each(this.#queue.scopes(), ({ camera, kind }) => this.#review(camera, kind))', '']],
    tests: [ASKED_TEST],
  },
  {
    what: 'what was taken while permission ended and came back leaves',
    edits: [[EGRESS, 'if (grant.signal.aborted) this.#queue.remove(item.item)', '']],
    tests: [ASKED_TEST],
  },
  {
    what: 'any grant will do to queue an item',
    edits: [['agent/egress/check-item.ts', 'grant.camera !== item.camera || grant.kind !== item.kind', 'false']],
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
    edits: [
      [
        'agent/egress/send.ts',
        "if (sent === 0) queue.begin(item.item, address, () => write('begun', bytes - sentUpTo))",
        '',
      ],
    ],
    tests: [EGRESS_TEST],
  },
  {
    what: 'what left is not booked where the disk had no room for its end',
    edits: [[EGRESS, 'closeInterrupted(this.#books)\n    this.#watch(grant)', 'this.#watch(grant)']],
    tests: [ASKED_TEST],
  },
  {
    what: 'a box does not start on a full disk with a transfer that has no end',
    edits: [['agent/egress/interrupted.ts', 'if (!isOfBooks(error)) throw error', 'throw error']],
    tests: [ASKED_TEST],
  },
  {
    what: 'what can not be booked is thrown away',
    edits: [[EGRESS, 'isOfBooks(error) || (kind', '(kind']],
    tests: [ASKED_TEST],
  },
  {
    what: 'a transfer that is cut is not booked',
    edits: [['agent/egress/send.ts', "if (sent > 0) await end(() => write('cut', sent))", '']],
    tests: [EGRESS_TEST],
  },
]

/** What could be wrong with what is asked of cameras. */
export const TAKING: readonly Mutation[] = [
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
]
