import type { Generated, Kysely, Transaction } from 'kysely'

/**
 * The bridge's records as typed tables. Times are UTC milliseconds, flags are 0 or 1, JSON travels as text, so that the
 * same queries run on SQLite and on PostgreSQL. What a device names (cameras, items, streams) is keyed by the agent as
 * well: no box can touch a row of another by choosing its id.
 */
export interface Tables {
  setup: { token_hash: string; created_at: number }
  accounts: { id: string; name: string; email: string; created_at: number }
  account_keys: { account: string; public_key: string; sealed_private_key: string }
  users: {
    id: string
    account: string
    username: string
    name: string
    password_hash: string
    created_at: number
  }
  sessions: { token_hash: string; user_id: string; account: string; created_at: number; expires_at: number }
  claims: {
    id: string
    code_hash: string
    public_key: string
    name: string
    version: string
    created_at: number
    expires_at: number
    /** The agent that it became; null while it is pending. */
    agent: string | null
  }
  agents: AgentRow
  cameras: {
    agent: string
    camera: string
    account: string
    facts: string
    stream: string
    seq: number
    at: number
    /** When its box forgot it; null while the box knows it. */
    forgotten_at: number | null
  }
  health: { agent: string; camera: string; account: string; facts: string; stream: string; seq: number; at: number }
  events: { id: Generated<number>; account: string; agent: string; camera: string; at: number; event: string }
  logs: { id: Generated<number>; account: string; agent: string; camera: string; at: number; lines: string }
  activity: {
    id: Generated<number>
    account: string
    agent: string
    camera: string | null
    at: number
    kind: string
    message: string
  }
  streams: {
    agent: string
    stream: string
    /** All numbers up to this one are committed. */
    up_to: number
    /** Committed numbers above it: JSON, `[from, to][]`. */
    ahead: string
    rejected: number
    updated_at: number
  }
  /** Boxes of erased accounts that are still to be told to wipe themselves. */
  partings: { mark: string; since: number }
  consents: {
    agent: string
    camera: string
    account: string
    /** JSON: kind → serial of the grant that turned it on. A kind that is off is absent. */
    kinds: string
    changed_at: number
    changed_by: string
  }
  consent_changes: {
    id: Generated<number>
    account: string
    agent: string
    camera: string
    kinds: string
    serial: number
    changed_at: number
    changed_by: string
  }
  grants: {
    agent: string
    account: string
    serial: number
    document: string
    signature: string
    not_before: number
    expires: number
    granted_by: string
  }
  uploads: {
    id: string
    agent: string
    account: string
    camera: string
    kind: string
    item: string
    bytes: number
    metadata: string
    created_at: number
    /** 1 once the item is held: the answer to a box that lost it. */
    done: number
  }
  items: ItemRow
  /** What the boxes say left them: rows of their ledgers, as they told them. Two of one number: the box rewrote its book. */
  ledger_rows: {
    id: Generated<number>
    agent: string
    account: string
    n: number
    at: number
    item: string
    camera: string
    kind: string
    grant_serial: number
    sha256: string
    bytes: number
    outcome: string
    prev: string
    hash: string
    /** By the bridge's clock. */
    told_at: number
  }
  /** What arrived, whatever became of it since: an item that was deleted still was received. */
  receipts: {
    id: Generated<number>
    agent: string
    account: string
    item: string
    camera: string
    kind: string
    grant_serial: number
    sha256: string
    bytes: number
    received_at: number
  }
  /** Accounts whose erasure has begun: it is ended at the next start, should a crash cut it short. */
  erasures: { account: string; since: number }
  /** Blobs that must not outlive a crash: written but not yet an item's, or no longer one's. */
  doomed_blobs: { blob: string; since: number }
}

export interface AgentRow {
  id: string
  account: string
  name: string
  public_key: string
  /** Null until the box has fetched its token. */
  token_hash: string | null
  claimed_at: number
  last_seen_at: number | null
  online: number
  version: string
  cap: number
  spool: string
  host: string | null
  host_stream: string
  host_seq: number
  /** Numbered messages committed, all streams together. */
  messages: number
  refused_uploads: number
}

export interface ItemRow {
  agent: string
  id: string
  account: string
  camera: string
  kind: string
  content_type: string
  taken_at: number
  received_at: number
  duration_ms: number
  bytes: number
  sha256: string
  grant_serial: number
  reason: string
  blob: string
}

export type Db = Kysely<Tables>
/** Inside a transaction: the same queries, one commit. Never use the outer `Db` in there, it waits for this one. */
export type Tx = Transaction<Tables>
