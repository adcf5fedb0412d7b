package integrity

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tocsin"
	"tocsin/sinks/sqlite"
)

// foundOf is what verify says of a store.
func foundOf(t *testing.T, s Verifiable, trust Trust) string {
	t.Helper()
	sum, err := verifyStore(t.Context(), s, trust, 0)
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, f := range sum.Faults {
		all = append(all, f.Error())
	}
	return strings.Join(all, "\n")
}

// Somebody with all rights changes the file with SQL, here and there, as no generator of changes would: each is named, as
// what it is.
func TestByHandSQLite(t *testing.T) {
	filled, intact := newSQLite(t)
	w := newWorld(t, filled)
	scene(w, func() documents { return nil })
	trust := w.trust()
	if found := foundOf(t, filled, trust); found != "" {
		t.Fatalf("before: %s", found)
	}
	if err := filled.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(intact)
	if err != nil {
		t.Fatal(err)
	}
	for what, tt := range map[string]struct{ change, want string }{
		"evidence: a byte":              {`UPDATE exhibits SET original = CAST('x' || substr(CAST(original AS TEXT), 2) AS BLOB) WHERE rowid = 1`, "its bytes are not those that its manifest names"},
		"evidence: emptied":             {`UPDATE exhibits SET original = x''`, "its bytes are"},
		"evidence: another's":           {`UPDATE exhibits SET incident = (SELECT max(incident) FROM exhibits) WHERE rowid = 1`, "the log names it and it is gone"},
		"evidence: size":                {`UPDATE exhibits SET doc = json_set(doc, '$.size', 7) WHERE rowid = 1`, "its manifest was changed"},
		"duration in the state":         {`UPDATE incidents SET doc = json_set(doc, '$.durations.assess_s', 1)`, "is not what its log tells"},
		"duration that is counted":      {`UPDATE measures SET assess_s = 1`, "its measure assess_s"},
		"word that is counted":          {`UPDATE measures SET priority = 'P5'`, "its measure priority"},
		"mark that is counted":          {`UPDATE measures SET declared = declared - 86400`, "its measure declared"},
		"measures gone":                 {`DELETE FROM measures WHERE id = (SELECT min(id) FROM measures)`, "its measures are gone"},
		"measures of nobody":            {`INSERT INTO measures SELECT '202611-f' || substr(id, 9), ` + afterID(t) + ` FROM measures LIMIT 1`, "there is none, and its measures"},
		"priority in the queue":         {`UPDATE incidents SET priority = 'P5' WHERE id = (SELECT min(id) FROM incidents)`, "its column priority"},
		"breached":                      {`UPDATE incidents SET breached = 1 - breached`, "its column breached"},
		"not found by its event":        {`DELETE FROM links WHERE kind = 'event'`, "what it is found by"},
		"not found by its title":        {`UPDATE incidents SET titled = 0 WHERE id = (SELECT min(id) FROM incidents)`, "its column titled"},
		"words of titles gone":          {`DELETE FROM title_words`, "the words by which it is looked for are \"\""},
		"a state under another id":      {`UPDATE incidents SET id = '202611-f' || substr(id, 9) WHERE id = (SELECT min(id) FROM incidents)`, "and is not in the register"},
		"a visit":                       {`UPDATE incidents SET doc = json_set(doc, '$.visits[0].seconds', 1)`, "is not what its log tells"},
		"a custody entry":               {`UPDATE log SET doc = json_set(doc, '$.reason', 'nothing') WHERE json_extract(doc, '$.action') = 'access'`, "not what was committed to"},
		"a custody entry gone":          {`DELETE FROM log WHERE json_extract(doc, '$.action') = 'access'`, "was removed from the log"},
		"a checkpoint gone":             {`DELETE FROM checkpoints WHERE size = (SELECT min(size) FROM checkpoints)`, "is not in the store"},
		"a checkpoint's time":           {`UPDATE checkpoints SET doc = json_set(doc, '$.note', replace(json_extract(doc, '$.note'), '2026', '2025'))`, "checkpoint"},
		"an incident with all of it":    {`DELETE FROM log WHERE incident = (SELECT max(id) FROM incidents); DELETE FROM links WHERE incident = (SELECT max(id) FROM incidents); DELETE FROM measures WHERE id = (SELECT max(id) FROM incidents); DELETE FROM incidents WHERE id = (SELECT max(id) FROM incidents)`, "was removed from the log"},
		"… and the newest tree":         {`DELETE FROM stretches WHERE first = (SELECT max(first) FROM stretches); DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)`, "published checkpoint"},
		"the view that SQL asks":        {`DROP VIEW incident_measures; CREATE VIEW incident_measures AS SELECT *, 'INC' AS number FROM measures WHERE priority = 'P5'`, "the view incident_measures is not"},
		"no view":                       {`DROP VIEW incident_measures`, "the view incident_measures is gone"},
		"a trigger":                     {`CREATE TRIGGER more AFTER INSERT ON log BEGIN DELETE FROM log WHERE seq = 2; END`, "the trigger more is not"},
		"an entry in the middle gone":   {`DELETE FROM log WHERE incident = (SELECT min(id) FROM incidents) AND seq = 3`, "entry 3: it is in the tree and was removed"},
		"an entry under another":        {`UPDATE log SET seq = 100 WHERE seq = 5`, "entry"},
		"a forged word before another":  {`UPDATE log SET doc = replace(doc, '"action":', '"action":"comment","action":') WHERE seq = 2`, "entry 2: log entry: it has /action twice"},
		"… and behind, otherwise spelt": {`UPDATE log SET doc = replace(doc, '"action":', '"action":"comment","Action":') WHERE seq = 2`, "entry 2: log entry: it has /Action twice"},
		"… in the payload":              {`UPDATE log SET doc = replace(doc, '"data":{"', '"data":{"assessment":{},"') WHERE seq = 1`, "entry 1: content is not JSON: it has /assessment twice"},
		"… in the state, for SQL":       {`UPDATE incidents SET doc = replace(doc, '"summary":', '"summary":"x","summary":')`, "its state has /summary twice"},
		"… in a manifest":               {`UPDATE exhibits SET doc = replace(doc, '"source":', '"source":"none","source":')`, "it has /source twice"},
		"evidence: a row planted":       {`INSERT INTO exhibits SELECT incident, 'planted', doc, original FROM exhibits LIMIT 1`, "evidence planted"},
		"… of no incident":              {`INSERT INTO exhibits SELECT '202611-f', id, doc, original FROM exhibits LIMIT 1`, "incident 202611-f: evidence"},
		"evidence: an unknown member":   {`UPDATE exhibits SET doc = replace(doc, '"source":', '"verdict":"guilty","source":') WHERE rowid = 1`, "verdict"},
		"an unknown member":             {`UPDATE log SET doc = replace(doc, '"action":', '"verdict":"guilty","action":') WHERE seq = 2`, "entry 2: log entry: its member verdict"},
		"… of who did it":               {`UPDATE log SET doc = replace(doc, '"by":{', '"by":{"name":"Eve",') WHERE seq = 2`, "entry 2: log entry: its member by.name"},
		"… in other letters":            {`UPDATE log SET doc = replace(doc, '"phase":', '"Phase":') WHERE seq = 2`, "entry 2: log entry: its member "},
		"… in the state":                {`UPDATE incidents SET doc = replace(doc, '"summary":', '"verdict":"guilty","summary":')`, "its state has /verdict"},
		"… in a stretch":                {`UPDATE stretches SET doc = replace(doc, '"leaves":', '"verdict":"guilty","leaves":') WHERE first = 0`, "verdict"},
		"… in a checkpoint":             {`UPDATE checkpoints SET doc = replace(doc, '"note":', '"verdict":"guilty","note":')`, "verdict"},
		"where a stretch ends":          {`UPDATE stretches SET last = last + 1 WHERE first = (SELECT max(first) FROM stretches)`, "its columns say"},
		"where a stretch begins":        {`UPDATE stretches SET first = first + 1 WHERE first = (SELECT max(first) FROM stretches)`, "its columns say"},
		"how many a checkpoint is of":   {`UPDATE checkpoints SET size = size + 1 WHERE size = (SELECT max(size) FROM checkpoints)`, "its column says"},
		"the stretches of a log gone":   {`DELETE FROM leaves WHERE log = (SELECT min(log) FROM leaves)`, "the stretches by which"},
		"… and one too many":            {`INSERT INTO leaves SELECT (SELECT l.log FROM leaves l GROUP BY l.log HAVING count(*) < (SELECT count(*) FROM stretches) LIMIT 1), s.first FROM stretches s WHERE true ON CONFLICT DO NOTHING`, "the stretches by which"},
		"… of no log":                   {`INSERT INTO leaves VALUES ('202611-f', 0)`, "202611-f"},
		"… and of no stretch":           {`INSERT INTO leaves SELECT min(log), 999999 FROM leaves`, "the stretches by which"},
		"a stretch's hashes":            {`UPDATE stretches SET doc = json_set(doc, '$.hashes', 'AAAA' || substr(json_extract(doc, '$.hashes'), 5)) WHERE first = 0`, "hashes of the tree"},
		"when a checkpoint was":         {`UPDATE checkpoints SET doc = json_set(doc, '$.at', '2025-01-01T00:00:00Z')`, "its note says 2026"},
		"an entry that is no text":      {`UPDATE log SET doc = CAST(doc AS BLOB) WHERE seq = 2`, "entry 2: it is no text"},
		"a manifest that is no text":    {`UPDATE exhibits SET doc = CAST(doc AS BLOB) WHERE rowid = 1`, "it is no text"},
		"a stretch that is no text":     {`UPDATE stretches SET doc = CAST(doc AS BLOB) WHERE first = 0`, "it is no text"},
		"an index over a part":          {`DROP INDEX measures_declared; CREATE INDEX measures_declared ON measures (declared) WHERE priority = 'P1'`, "the index measures_declared is not"},
		"changes of measures hidden":    {`DELETE FROM measured WHERE id = (SELECT min(id) FROM measured)`, "is not among those that were written"},
		"a stretch that does not read":  {`UPDATE stretches SET doc = '{' WHERE first = 0`, "the tree has a hole at leaf 0"},
		"an entry that does not read": {
			`UPDATE log SET doc = '{"incident":1}' WHERE seq = 2`, "entry 2",
		},
	} {
		t.Run(what, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "register.db")
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			store, err := sqlite.Open(t.Context(), sqlite.Options{Path: file})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_pragma=synchronous(0)")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), tt.change); err != nil {
				t.Fatal(err)
			}
			if found := foundOf(t, store, trust); !strings.Contains(found, tt.want) {
				t.Errorf("found %q, want %q", found, tt.want)
			}
		})
	}
}

// afterID are the columns of measures behind the id.
func afterID(t *testing.T) string {
	t.Helper()
	_, file := newSQLite(t)
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var names string
	if err := db.QueryRowContext(t.Context(), `SELECT group_concat(name, ', ') FROM pragma_table_info('measures') WHERE name <> 'id'`).Scan(&names); err != nil {
		t.Fatal(err)
	}
	return names
}

// The same in Elasticsearch: what searches and dashboards read is changed, and the document's own text is left.
func TestByHandElastic(t *testing.T) {
	s, w := elasticWorld(t)
	scene(w, func() documents { return nil })
	s.refresh()
	if found := foundOf(t, s.full, w.trust()); found != "" {
		t.Fatalf("before: %s", found)
	}
	for what, tt := range map[string]struct{ index, kind, doc, want string }{
		"duration on dashboards":  {"incidents", "", `{"tocsin":{"duration":{"assess_s":1}}}`, "its field tocsin.duration.assess_s"},
		"target on dashboards":    {"incidents", "", `{"tocsin":{"sla":{"acknowledge":{"met":true,"breached_by_s":7}}}}`, "its field tocsin.sla"},
		"counted as":              {"incidents", "", `{"tocsin":{"metrics":{"counted_as":"test"}}}`, "its field tocsin.metrics.counted_as"},
		"priority in the queue":   {"incidents", "", `{"tocsin":{"order":{"priority":"P9"}}}`, "its field tocsin.order.priority"},
		"the state itself":        {"incidents", "", `{"doc":{"title":"nothing"}}`, "is not what its log tells"},
		"a visit's seconds":       {"intervals-2026.11", "", `{"tocsin":{"seconds":1}}`, "the document of its visit"},
		"who did it, in searches": {"log-2026.11", "", `{"tocsin":{"by":{"id":"eve"}}}`, "its field tocsin.by.id"},
		"when, in searches":       {"log-2026.11", "", `{"@timestamp":"2025-01-01T00:00:00Z"}`, "its field @timestamp"},
		"an entry's text":         {"log-2026.11", "", `{"doc":{"phase":"learn"}}`, "entry"},
		"a manifest":              {"evidence-2026.11", "", `{"doc":{"size":1}}`, "its manifest was changed"},
		"a member nobody reads":   {"log-2026.11", "", `{"doc":{"verdict":"guilty"}}`, "its field doc.verdict"},
		"… in a manifest":         {"evidence-2026.11", "", `{"doc":{"verdict":"guilty"}}`, "its member verdict"},
		"… in the state":          {"incidents", "", `{"doc":{"verdict":"guilty"}}`, "its state has /verdict"},
		"a copy that none finds":  {"evidence-2026.11", "", `{"tocsin":{"incident":null}}`, "by which it would be found"},
		"evidence's bytes":        {"evidence-2026.11", "", `{"doc":{"original":"eHg="}}`, "its bytes are not those"},
		"a checkpoint":            {"checkpoints", "checkpoint", `{"doc":{"size":1}}`, "checkpoint"},
	} {
		t.Run(what, func(t *testing.T) {
			undo := s.alter(tt.index, tt.kind, tt.doc)
			found := foundOf(t, s.full, w.trust())
			if undo(); !strings.Contains(found, tt.want) {
				t.Errorf("found %q, want %q", found, tt.want)
			}
		})
	}
	page, err := s.Incidents(t.Context(), tocsin.Query{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	for place, doc := range map[string]string{
		"log-2026.11/_doc/" + page.Items[0].ID + ":00000099": `{"doc":{"seq":8}}`,
		"intervals-2026.11/_doc/planted":                     `{"tocsin":{"status":"declared","seconds":999}}`,
		"incidents/_doc/planted":                             `{"tocsin":{"metrics":{"counted_as":"incident"}}}`,
	} {
		s.ask(http.MethodPut, "/"+s.prefix+place+"?refresh=true", doc)
		if found := foundOf(t, s.full, w.trust()); !strings.Contains(found, "by which it would be found") {
			t.Errorf("%s, which no log finds: %q", place, found)
		}
		s.ask(http.MethodDelete, "/"+s.prefix+place+"?refresh=true", "")
	}
	s.ask(http.MethodDelete, "/"+s.prefix+"intervals-2026.11", "")
	if found := foundOf(t, s.full, w.trust()); !strings.Contains(found, "the document of its visit") {
		t.Errorf("an index of visits that was deleted: %q", found)
	}
	s.ask(http.MethodDelete, "/"+s.prefix+"log-2026.11", "")
	s.ask(http.MethodPut, "/"+s.prefix+"log-2026.11", "")
	if found := foundOf(t, s.full, w.trust()); !strings.Contains(found, "was removed from the log") {
		t.Errorf("an index that was made anew: %q", found)
	}
}

// alter merges a part into one document of an index; what it returns puts it back.
func (s *rawElastic) alter(index, kind, part string) (undo func()) {
	s.t.Helper()
	query := `{"size":1,"sort":["tocsin.id"]}`
	if kind != "" {
		query = `{"size":1,"sort":["tocsin.id"],"query":{"term":{"tocsin.kind":"` + kind + `"}}}`
	}
	type hits struct {
		Hits struct {
			Hits []struct {
				ID     string          `json:"_id"`
				Source json.RawMessage `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	text := string(s.ask(http.MethodPost, "/"+s.prefix+index+"/_search", query))
	found := decode[hits](text)
	if len(found.Hits.Hits) == 0 {
		s.t.Fatalf("%s is empty: %.200s", index, text)
	}
	hit := found.Hits.Hits[0]
	s.ask(http.MethodPost, "/"+s.prefix+index+"/_update/"+hit.ID+"?refresh=true", `{"doc":`+part+`}`)
	return func() {
		s.ask(http.MethodPut, "/"+s.prefix+index+"/_doc/"+hit.ID+"?refresh=true", string(hit.Source))
	}
}
