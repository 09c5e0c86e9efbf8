/** The first migration. Only types and clauses that SQLite and PostgreSQL both know; SERIAL_KEY is filled in for each. */
export const GROUND: readonly string[] = [
  `CREATE TABLE setup (token_hash TEXT PRIMARY KEY, created_at BIGINT NOT NULL)`,
  `CREATE TABLE accounts (id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, created_at BIGINT NOT NULL)`,
  `CREATE TABLE account_keys (
    account TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    public_key TEXT NOT NULL,
    sealed_private_key TEXT NOT NULL)`,
  `CREATE TABLE users (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    username TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL)`,
  `CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL)`,
  `CREATE INDEX sessions_expiry ON sessions (expires_at)`,
  `CREATE TABLE agents (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    public_key TEXT NOT NULL,
    token_hash TEXT,
    claimed_at BIGINT NOT NULL,
    last_seen_at BIGINT,
    online INTEGER NOT NULL,
    version TEXT NOT NULL,
    cap INTEGER NOT NULL,
    spool TEXT NOT NULL,
    host TEXT,
    host_stream TEXT NOT NULL,
    host_seq BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    refused_uploads BIGINT NOT NULL)`,
  `CREATE INDEX agents_account ON agents (account)`,
  `CREATE TABLE claims (
    id TEXT PRIMARY KEY,
    code_hash TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    agent TEXT REFERENCES agents (id) ON DELETE CASCADE)`,
  `CREATE INDEX claims_expiry ON claims (expires_at)`,
  ...telemetry(),
  ...consent(),
  ...media(),
]

/** The two columns that say whose a row is. */
function owner(): string {
  return `agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE`
}

function latestOfCamera(table: string): string[] {
  return [
    `CREATE TABLE ${table} (
      ${owner()},
      camera TEXT NOT NULL,
      facts TEXT NOT NULL,
      stream TEXT NOT NULL,
      seq BIGINT NOT NULL,
      at BIGINT NOT NULL,
      PRIMARY KEY (agent, camera))`,
    `CREATE INDEX ${table}_account ON ${table} (account)`,
  ]
}

function telemetry(): string[] {
  return [
    ...latestOfCamera('cameras'),
    ...latestOfCamera('health'),
    `CREATE TABLE events (
      id SERIAL_KEY,
      ${owner()},
      camera TEXT NOT NULL,
      at BIGINT NOT NULL,
      event TEXT NOT NULL)`,
    `CREATE INDEX events_of_camera ON events (agent, camera, at)`,
    `CREATE INDEX events_of_account ON events (account, at)`,
    `CREATE INDEX events_newest ON events (account, camera, at)`,
    `CREATE INDEX events_age ON events (at)`,
    `CREATE TABLE logs (
      id SERIAL_KEY,
      ${owner()},
      camera TEXT NOT NULL,
      at BIGINT NOT NULL,
      lines TEXT NOT NULL)`,
    `CREATE INDEX logs_of_camera ON logs (agent, camera, at)`,
    `CREATE INDEX logs_age ON logs (at)`,
    `CREATE TABLE activity (
      id SERIAL_KEY,
      ${owner()},
      camera TEXT,
      at BIGINT NOT NULL,
      kind TEXT NOT NULL,
      message TEXT NOT NULL)`,
    `CREATE INDEX activity_of_account ON activity (account, at)`,
    `CREATE INDEX activity_age ON activity (at)`,
    `CREATE TABLE streams (
      agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
      stream TEXT NOT NULL,
      up_to BIGINT NOT NULL,
      ahead TEXT NOT NULL,
      rejected BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      PRIMARY KEY (agent, stream))`,
  ]
}

function consent(): string[] {
  return [
    `CREATE TABLE consents (
      ${owner()},
      camera TEXT NOT NULL,
      kinds TEXT NOT NULL,
      changed_at BIGINT NOT NULL,
      changed_by TEXT NOT NULL,
      PRIMARY KEY (agent, camera))`,
    `CREATE TABLE consent_changes (
      id SERIAL_KEY,
      ${owner()},
      camera TEXT NOT NULL,
      kinds TEXT NOT NULL,
      serial BIGINT NOT NULL,
      changed_at BIGINT NOT NULL,
      changed_by TEXT NOT NULL)`,
    `CREATE INDEX consent_changes_of_account ON consent_changes (account, changed_at)`,
    `CREATE TABLE grants (
      agent TEXT PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
      account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
      serial BIGINT NOT NULL,
      document TEXT NOT NULL,
      signature TEXT NOT NULL,
      not_before BIGINT NOT NULL,
      expires BIGINT NOT NULL,
      granted_by TEXT NOT NULL)`,
  ]
}

function media(): string[] {
  return [
    `CREATE TABLE uploads (
      id TEXT PRIMARY KEY,
      ${owner()},
      camera TEXT NOT NULL,
      kind TEXT NOT NULL,
      item TEXT NOT NULL,
      bytes BIGINT NOT NULL,
      metadata TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      done INTEGER NOT NULL)`,
    `CREATE INDEX uploads_of_agent ON uploads (agent, item)`,
    `CREATE INDEX uploads_age ON uploads (created_at)`,
    `CREATE TABLE items (
      ${owner()},
      id TEXT NOT NULL,
      camera TEXT NOT NULL,
      kind TEXT NOT NULL,
      content_type TEXT NOT NULL,
      taken_at BIGINT NOT NULL,
      received_at BIGINT NOT NULL,
      duration_ms BIGINT NOT NULL,
      bytes BIGINT NOT NULL,
      sha256 TEXT NOT NULL,
      grant_serial BIGINT NOT NULL,
      reason TEXT NOT NULL,
      blob TEXT NOT NULL UNIQUE,
      PRIMARY KEY (agent, id))`,
    `CREATE INDEX items_of_camera ON items (agent, camera, taken_at)`,
    `CREATE INDEX items_of_account ON items (account, id)`,
    `CREATE INDEX items_newest ON items (account, camera, taken_at)`,
    `CREATE TABLE doomed_blobs (blob TEXT PRIMARY KEY, since BIGINT NOT NULL)`,
  ]
}
