/** Tables that this room keeps in the box's state database. */
export const INVENTORY_TABLES = `
  CREATE TABLE inventory_device (
    device TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    manufacturer TEXT NOT NULL,
    model TEXT NOT NULL,
    serial TEXT NOT NULL,
    macs TEXT NOT NULL,
    address TEXT NOT NULL,
    port INTEGER NOT NULL,
    path TEXT NOT NULL,
    https INTEGER NOT NULL,
    username TEXT NOT NULL
  ) STRICT;
  CREATE TABLE inventory_camera (
    camera TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES inventory_device (device) ON DELETE CASCADE,
    source TEXT NOT NULL,
    facts TEXT NOT NULL,
    UNIQUE (device, source)
  ) STRICT;
`

/** Cameras that were forgotten, until whoever was told of them has been told that they are gone. */
export const FORGOTTEN_TABLES = `
  CREATE TABLE inventory_forgotten (
    camera TEXT PRIMARY KEY,
    facts TEXT NOT NULL
  ) STRICT;
`

/** Why they were forgotten, and for how long others have not been seen. */
export const ABSENCE_TABLES = `
  ALTER TABLE inventory_forgotten ADD COLUMN reason TEXT NOT NULL DEFAULT 'by-hand';
  CREATE TABLE inventory_absence (
    camera TEXT PRIMARY KEY,
    hours INTEGER NOT NULL,
    told_at_hours INTEGER
  ) STRICT;
`
