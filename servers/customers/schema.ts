/** Marks a file as this server's (`PRAGMA application_id`): a stranger's database is never written to. */
export const APPLICATION_ID = 0x6d_66_43_75;
/** `PRAGMA user_version` of a file that is completely filled. */
export const SCHEMA_VERSION = 1;

/** Times are ISO 8601 in UTC, to the second; money is in cents of USD. */
export const SCHEMA = `
CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  phone TEXT NOT NULL,
  company TEXT,
  tier TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE addresses (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  label TEXT NOT NULL,
  recipient TEXT NOT NULL,
  line1 TEXT NOT NULL,
  line2 TEXT,
  city TEXT NOT NULL,
  region TEXT NOT NULL,
  postal_code TEXT NOT NULL,
  country TEXT NOT NULL
) STRICT;
CREATE INDEX addresses_by_customer ON addresses (customer_id);

CREATE TABLE return_policies (
  category TEXT PRIMARY KEY COLLATE NOCASE,
  window_days INTEGER NOT NULL,
  condition TEXT NOT NULL,
  restocking_fee_percent INTEGER NOT NULL,
  return_shipping TEXT NOT NULL,
  refund_to TEXT NOT NULL,
  exceptions TEXT NOT NULL
) STRICT;

CREATE TABLE products (
  sku TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  category TEXT NOT NULL REFERENCES return_policies (category),
  price_cents INTEGER NOT NULL
) STRICT;

CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  status TEXT NOT NULL,
  placed_at TEXT NOT NULL,
  shipped_at TEXT,
  expected_at TEXT,
  delivered_at TEXT,
  carrier TEXT,
  tracking_number TEXT,
  address_id INTEGER NOT NULL REFERENCES addresses (id)
) STRICT;
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at);

CREATE TABLE order_items (
  order_id INTEGER NOT NULL REFERENCES orders (id),
  sku TEXT NOT NULL REFERENCES products (sku),
  quantity INTEGER NOT NULL,
  unit_price_cents INTEGER NOT NULL,
  PRIMARY KEY (order_id, sku)
) STRICT, WITHOUT ROWID;

CREATE TABLE tickets (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  order_id INTEGER REFERENCES orders (id),
  subject TEXT NOT NULL,
  description TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'pending', 'resolved', 'closed')),
  priority TEXT NOT NULL CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
  channel TEXT NOT NULL,
  assignee TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX tickets_by_customer ON tickets (customer_id, created_at);

CREATE TABLE ticket_notes (
  id INTEGER PRIMARY KEY,
  ticket_id INTEGER NOT NULL REFERENCES tickets (id),
  author TEXT NOT NULL,
  visibility TEXT NOT NULL CHECK (visibility IN ('public', 'internal')),
  note TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX notes_by_ticket ON ticket_notes (ticket_id);
`;
