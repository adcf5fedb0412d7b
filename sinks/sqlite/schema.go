package sqlite

import (
	"context"
	"fmt"
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
`, `
CREATE TABLE measures (
	id TEXT PRIMARY KEY,
	tenant TEXT NOT NULL,
	priority TEXT NOT NULL, platform TEXT NOT NULL, category TEXT NOT NULL, team TEXT NOT NULL, rule TEXT NOT NULL, root_cause TEXT NOT NULL,
	disposition TEXT NOT NULL, status TEXT NOT NULL, counted_as TEXT NOT NULL, target_assess TEXT NOT NULL, target_acknowledge TEXT NOT NULL,
	target_contain TEXT NOT NULL, target_resolve TEXT NOT NULL, target_confirm TEXT NOT NULL,
	detected INTEGER, declared INTEGER, resolved INTEGER,
	detect_s INTEGER, assess_s INTEGER, acknowledge_s INTEGER, contain_s INTEGER, resolve_s INTEGER, first_resolve_s INTEGER,
	close_s INTEGER, dwell_s INTEGER, active_s INTEGER, hold_s INTEGER, reopen_count INTEGER, alerts INTEGER, events INTEGER,
	stage_declared_s INTEGER, stage_acknowledged_s INTEGER, stage_contained_s INTEGER, stage_eradicated_s INTEGER, stage_recovered_s INTEGER
) WITHOUT ROWID;
CREATE INDEX measures_detected ON measures (detected);
CREATE INDEX measures_declared ON measures (declared);
CREATE INDEX measures_resolved ON measures (resolved);
CREATE VIEW incident_measures AS SELECT m.*, json_extract(i.doc, '$.number') AS number, json_extract(i.doc, '$.title') AS title,
	strftime('%Y-%m', m.declared, 'unixepoch') AS declared_month, strftime('%Y-%m', m.resolved, 'unixepoch') AS resolved_month
	FROM measures m JOIN incidents i ON i.id = m.id;
CREATE TABLE backlog (id TEXT PRIMARY KEY, day TEXT NOT NULL, at INTEGER NOT NULL, tenant TEXT NOT NULL, priority TEXT NOT NULL,
	open INTEGER NOT NULL, late INTEGER NOT NULL, p50_s INTEGER NOT NULL, p90_s INTEGER NOT NULL, oldest_s INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX backlog_day ON backlog (tenant, day);
`, `
ALTER TABLE incidents ADD COLUMN platform TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN coordinator TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN disposition TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN number TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN stage TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN status_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN due INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN breached INTEGER NOT NULL DEFAULT 0;
DROP INDEX incidents_priority;
CREATE INDEX incidents_priority ON incidents (priority, due, id);
CREATE INDEX incidents_due ON incidents (due, id);
ALTER TABLE events ADD COLUMN tenant TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN level TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN activity TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN detected INTEGER NOT NULL DEFAULT 0;
CREATE INDEX events_detected ON events (detected DESC, id);
CREATE TABLE event_entities (value TEXT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (value, event)) WITHOUT ROWID;
`, `
CREATE TABLE cursors (source TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (source, name)) WITHOUT ROWID;
`, `
CREATE TABLE notices (
	id       TEXT PRIMARY KEY,
	version  INTEGER NOT NULL,
	tenant   TEXT NOT NULL,
	incident TEXT NOT NULL,
	receiver TEXT NOT NULL,
	state    TEXT NOT NULL,
	due      INTEGER NOT NULL,
	doc      TEXT NOT NULL
);
CREATE INDEX notices_due ON notices (state, receiver, due, id);
CREATE INDEX notices_incident ON notices (incident, due);
CREATE TABLE told (incident TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
`, `
CREATE TABLE informants (token TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;
`, `
CREATE TABLE stretches (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, doc TEXT NOT NULL);
CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, doc TEXT NOT NULL);
CREATE TABLE exhibits (incident TEXT NOT NULL, id TEXT NOT NULL, doc TEXT NOT NULL, original BLOB NOT NULL, UNIQUE (incident, id));
CREATE TABLE leaves (log TEXT NOT NULL, first INTEGER NOT NULL, PRIMARY KEY (log, first)) WITHOUT ROWID;
CREATE TABLE sequenced (log TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE unsequenced (log TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TRIGGER log_grew AFTER INSERT ON log BEGIN INSERT OR IGNORE INTO unsequenced (log) VALUES (new.incident); END;
INSERT INTO unsequenced (log) SELECT DISTINCT incident FROM log;
`, `
CREATE INDEX incidents_status ON incidents (status, tenant);
`, `
DROP INDEX incidents_status;
CREATE INDEX incidents_work ON incidents (status, tenant, priority, assignee, breached);
`, `
CREATE TABLE measured (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE);
INSERT INTO measured (id) SELECT id FROM measures;
CREATE TRIGGER measures_new AFTER INSERT ON measures BEGIN
	DELETE FROM measured WHERE id = new.id;
	INSERT INTO measured (id) VALUES (new.id);
END;
CREATE TRIGGER measures_changed AFTER UPDATE ON measures BEGIN
	DELETE FROM measured WHERE id IN (old.id, new.id);
	INSERT INTO measured (id) VALUES (old.id);
	INSERT INTO measured (id) SELECT new.id WHERE new.id <> old.id;
END;
CREATE TRIGGER measures_gone AFTER DELETE ON measures BEGIN
	DELETE FROM measured WHERE id = old.id;
	INSERT INTO measured (id) VALUES (old.id);
END;
`, `
ALTER TABLE incidents ADD COLUMN titled INTEGER NOT NULL DEFAULT 0;
CREATE TABLE titles (n INTEGER PRIMARY KEY, words TEXT NOT NULL UNIQUE);
CREATE TABLE title_words (word TEXT NOT NULL, title INTEGER NOT NULL, PRIMARY KEY (word, title)) WITHOUT ROWID;
CREATE INDEX title_words_title ON title_words (title);
CREATE INDEX incidents_titled ON incidents (titled, status, tenant, priority, assignee, breached);
CREATE TRIGGER titles_left AFTER UPDATE OF titled ON incidents WHEN old.titled <> new.titled AND NOT EXISTS (SELECT 1 FROM incidents WHERE titled = old.titled) BEGIN
	DELETE FROM title_words WHERE title = old.titled;
	DELETE FROM titles WHERE n = old.titled;
END;
CREATE TRIGGER titles_gone AFTER DELETE ON incidents WHEN NOT EXISTS (SELECT 1 FROM incidents WHERE titled = old.titled) BEGIN
	DELETE FROM title_words WHERE title = old.titled;
	DELETE FROM titles WHERE n = old.titled;
END;
DELETE FROM links WHERE kind = 'word';
DROP INDEX incidents_work;
CREATE INDEX incidents_number ON incidents (number);
CREATE INDEX incidents_filters ON incidents (status, tenant, priority, assignee, breached, class, category, platform, coordinator, disposition);
`, `
ALTER TABLE incidents ADD COLUMN visibility TEXT NOT NULL DEFAULT '';
CREATE INDEX incidents_restricted ON incidents (visibility) WHERE visibility = 'restricted';
`, `
DROP INDEX incidents_filters;
CREATE INDEX incidents_filters ON incidents (status, tenant, priority, assignee, breached, class, category, platform, coordinator, disposition, titled, id);
`}

// searchable is the version from which on the columns that are searched by are there, and numbered that from which on
// titles have numbers: files of an earlier one are filled in.
const (
	searchable = 5
	numbered   = 13
)

// migrate applies what the file lacks, all in one transaction.
func (s *Store) migrate(ctx context.Context) error {
	return s.InTx(ctx, func(tx *Store) error {
		var version int
		if err := tx.tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
			return translate("schema version", err)
		}
		if version > len(migrations) {
			return later(version)
		}
		for n, statements := range migrations[version:] {
			if _, err := tx.tx.ExecContext(ctx, statements); err != nil {
				return translate(fmt.Sprintf("schema version %d", version+n+1), err)
			}
		}
		if version == len(migrations) {
			return nil
		}
		fill := func(context.Context) error { return nil }
		switch {
		case version == 0:
		case version < searchable:
			fill = tx.fillIn
		case version < numbered:
			fill = tx.fillTitles
		}
		if err := fill(ctx); err != nil {
			return err
		}
		_, err := tx.tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, len(migrations)))
		return translate("schema version", err)
	})
}
