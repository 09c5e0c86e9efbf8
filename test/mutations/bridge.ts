import type { Mutation } from './mutation.ts'

const CONSENT = 'cloud-bridge/consent/consent.ts'
const UPLOADS = 'cloud-bridge/uploads/uploads.ts'
const ITEMS = 'cloud-bridge/uploads/items.ts'
const VERIFY = 'cloud-bridge/uploads/verify.ts'
const MEDIA_TEST = 'cloud-bridge/cli/media.test.ts'
const SEALED_TEST = 'cloud-bridge/cli/sealed.test.ts'
const REFUSED_TEST = 'test/refused-uploads/refused-uploads.test.ts'
const ITEMS_TEST = 'cloud-bridge/uploads/items.test.ts'

/** What could be wrong on the bridge, which asks for the grant a second time. */
export const BRIDGE_MUTATIONS: readonly Mutation[] = [
  {
    what: 'a head whose key is damaged is an error of the bridge, and stays',
    edits: [[VERIFY, '      this.#damage = error\n    }\n  }', '      throw error\n    }\n  }']],
    tests: [REFUSED_TEST],
  },
  {
    what: 'the bridge asks for no grant when an upload begins',
    edits: [
      [UPLOADS, "if (!(await consent.allows(tx, device.agent, camera, kind, grantSerial))) return 'not allowed'", ''],
    ],
    tests: [REFUSED_TEST],
  },
  {
    what: 'the bridge asks for no grant at each request',
    edits: [[UPLOADS, 'if (!row.done && !(await this.#allowed(row))) {', 'if (false) {']],
    tests: [MEDIA_TEST],
  },
  {
    what: 'the bridge asks for no grant when an item is taken in',
    edits: [
      [ITEMS, 'if (!(await consent.allows(tx, device.agent, camera, kind, metadata.grantSerial))) return false', ''],
    ],
    tests: [ITEMS_TEST],
  },
  {
    what: 'the bridge never asks for a grant',
    edits: [[CONSENT, 'return since !== undefined && serial >= since', 'return true || serial >= since']],
    tests: [MEDIA_TEST],
  },
  {
    what: 'the bridge takes what was recorded under an earlier grant',
    edits: [[CONSENT, ' && serial >= since', '']],
    tests: [MEDIA_TEST],
  },
  {
    what: 'the bridge takes what names a grant that was never given',
    edits: [[CONSENT, ' && serial <= row.serial', '']],
    tests: [MEDIA_TEST],
  },
  {
    what: "the bridge's grant never runs out",
    edits: [[CONSENT, ' && now < row.expires', '']],
    tests: [MEDIA_TEST],
  },
  {
    what: 'a switch that is turned on again lets in what was taken before',
    edits: [[CONSENT, '[kind, since[kind] ?? serial]', '[kind, 1]']],
    tests: [MEDIA_TEST],
  },
  {
    what: "the bridge's serial does not grow",
    edits: [[CONSENT, 'const serial = (held?.serial ?? 0) + 1', 'const serial = held?.serial ?? 1']],
    tests: [MEDIA_TEST],
  },
  {
    what: 'the bridge does not tell the box of a revocation',
    edits: [
      [CONSENT, 'await this.#send(agent)\n    await this.#deps.onRevoked(agent)', 'await this.#deps.onRevoked(agent)'],
    ],
    tests: [MEDIA_TEST],
  },
  {
    what: 'the bridge does not erase the parts of what is revoked',
    edits: [[CONSENT, 'await this.#deps.onRevoked(agent)', '']],
    tests: [MEDIA_TEST],
  },
  {
    what: 'the bridge does not cut a transfer that is revoked',
    edits: [[UPLOADS, 'this.#transfers.cut(id)', '']],
    tests: [MEDIA_TEST],
  },
  {
    what: 'the bridge forgets a part and leaves its file',
    edits: [[UPLOADS, 'this.#deps.verifier.drop(id)\n    await this.#removeFiles(id)', 'this.#deps.verifier.drop(id)']],
    tests: [MEDIA_TEST],
  },
  {
    what: 'the bridge keeps the parts of what has run out',
    edits: [[UPLOADS, 'row.created_at < old || (row.done === 0 && !(await this.#allowed(row)))', 'false']],
    tests: [MEDIA_TEST],
  },
  {
    what: 'another box may go on with an upload',
    edits: [
      [
        UPLOADS,
        "      .where('id', '=', id)\n      .where('agent', '=', device.agent)\n",
        "      .where('id', '=', id)\n",
      ],
    ],
    tests: [MEDIA_TEST],
  },
  {
    what: 'the bridge asks for no token',
    edits: [['cloud-bridge/devices/devices.ts', 'return same && row ?', 'return row ?']],
    tests: [MEDIA_TEST],
  },
  {
    what: 'the owner is not told what was refused',
    edits: [[UPLOADS, '      await refused.record(device, camera, kind)\n', '']],
    tests: [MEDIA_TEST],
  },
  {
    what: 'the bridge does not look whether the bytes are what was said',
    edits: [[VERIFY, "if (this.#hash.digest('hex') !== this.#job.said.sha256) throw", '']],
    tests: [MEDIA_TEST],
  },
  {
    what: "the bridge takes an item with another's head",
    edits: [[VERIFY, '!said || envelope.sealedBytes !== uploadBytes', 'envelope.sealedBytes !== uploadBytes']],
    tests: [SEALED_TEST],
  },
  {
    what: 'the bridge takes a head for another length',
    edits: [[VERIFY, '!said || envelope.sealedBytes !== uploadBytes', '!said']],
    tests: [REFUSED_TEST],
  },
  {
    what: 'the bridge does not open the chunks',
    edits: [[VERIFY, 'for (let at = 0; this.#cipher && this.#damage', 'for (let at = 0; false && this.#damage']],
    tests: [SEALED_TEST],
  },
  {
    what: 'the bridge does not look for the last chunk',
    edits: [
      [VERIFY, ' || envelope.sealedBytes !== uploadBytes', ''],
      [VERIFY, 'this.#cipher && this.#damage === undefined && isShort', 'false'],
    ],
    tests: [SEALED_TEST],
  },
  {
    what: 'the bridge takes in the clear what only its owner may read',
    edits: [
      [ITEMS, "if (reader !== 'owner' && isPrivate) throw privateOnly()", ''],
      [ITEMS, 'if (!envelopeOf(metadata, uploadBytes) && (await this.#isPrivate(device))) throw privateOnly()', ''],
    ],
    tests: [SEALED_TEST],
  },
]
