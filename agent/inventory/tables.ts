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
