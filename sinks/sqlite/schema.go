package sqlite

import (
	"context"
	"fmt"

	"tocsin/sinks"
)

// migrations bring the schema from version n to n+1 (PRAGMA user_version). Written ones never change.
var migrations = []string{`
CREATE TABLE alerts (
	id    TEXT NOT NULL UNIQUE,
	month TEXT NOT NULL,
	ref   TEXT NOT NULL,
	sha   BLOB NOT NULL,
	doc   TEXT NOT NULL,
	raw   BLOB NOT NULL
);
CREATE INDEX alerts_month ON alerts (month);
CREATE TABLE events (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, doc TEXT NOT NULL);
CREATE TABLE rejections (
	id       TEXT PRIMARY KEY,
	tenant   TEXT NOT NULL,
	source   TEXT NOT NULL,
	reason   TEXT NOT NULL,
	received INTEGER NOT NULL,
	doc      TEXT NOT NULL
);
CREATE INDEX rejections_received ON rejections (received DESC, id);
CREATE TABLE snapshots (partition INTEGER PRIMARY KEY, next INTEGER NOT NULL, manifest TEXT NOT NULL, state BLOB NOT NULL);
CREATE TABLE log (incident TEXT NOT NULL, seq INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (incident, seq)) WITHOUT ROWID;
CREATE TABLE incidents (
	id       TEXT PRIMARY KEY,
	revision INTEGER NOT NULL,
	tenant   TEXT NOT NULL,
	status   TEXT NOT NULL,
	priority TEXT NOT NULL,
	category TEXT NOT NULL,
	class    TEXT NOT NULL,
	assignee TEXT NOT NULL,
	opened   INTEGER NOT NULL,
	updated  INTEGER NOT NULL,
	doc      TEXT NOT NULL
);
CREATE INDEX incidents_opened ON incidents (opened DESC, id);
CREATE INDEX incidents_updated ON incidents (updated DESC, id);
CREATE INDEX incidents_priority ON incidents (priority, opened DESC, id);
CREATE TABLE links (kind TEXT NOT NULL, value TEXT NOT NULL, incident TEXT NOT NULL, PRIMARY KEY (kind, value, incident)) WITHOUT ROWID;
CREATE INDEX links_incident ON links (incident);
CREATE TABLE verdicts (
	id       TEXT PRIMARY KEY,
	version  INTEGER NOT NULL,
	tenant   TEXT NOT NULL,
	state    TEXT NOT NULL,
	detected INTEGER NOT NULL,
	doc      TEXT NOT NULL
);
CREATE INDEX verdicts_state ON verdicts (state, detected DESC, id);
CREATE TABLE slots (id TEXT PRIMARY KEY, version INTEGER NOT NULL, doc TEXT NOT NULL);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE journal (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	source   TEXT NOT NULL,
	position TEXT,
	kind     TEXT NOT NULL,
	received INTEGER NOT NULL,
	total    INTEGER NOT NULL,
	meta     TEXT NOT NULL,
	raw      BLOB NOT NULL,
	UNIQUE (source, position)
);
CREATE TABLE offsets (name TEXT PRIMARY KEY, next INTEGER NOT NULL);
CREATE TABLE secrets (kind TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, doc TEXT NOT NULL);
`, `
CREATE TABLE dispositions (letter TEXT NOT NULL, number INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (letter, number)) WITHOUT ROWID;
`, `
DROP TABLE audit;
CREATE TABLE audit (
	id      TEXT PRIMARY KEY,
	at      INTEGER NOT NULL,
	tenant  TEXT NOT NULL,
	actor   TEXT NOT NULL,
	action  TEXT NOT NULL,
	object  TEXT NOT NULL,
	outcome TEXT NOT NULL,
	doc     TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at DESC, id);
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
`}

// migrate applies what the file lacks, all in one transaction.
func (s *Store) migrate(ctx context.Context) error {
	return s.InTx(ctx, func(tx *Store) error {
		var version int
		if err := tx.tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
			return translate("schema version", err)
		}
		if version > len(migrations) {
			return fmt.Errorf("schema version %d is of a later tocsin, this one knows %d: %w", version, len(migrations), sinks.ErrPermanent)
		}
		for n, statements := range migrations[version:] {
			if _, err := tx.tx.ExecContext(ctx, statements); err != nil {
				return translate(fmt.Sprintf("schema version %d", version+n+1), err)
			}
		}
		if version == len(migrations) {
			return nil
		}
		_, err := tx.tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, len(migrations)))
		return translate("schema version", err)
	})
}
