package elastic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.WholeReader = (*Store)(nil)

// Spans divides what is there by month, and sets logs with strays apart; see [sinks.WholeReader].
func (s *Store) Spans(ctx context.Context) ([]tocsin.LogRange, error) {
	reply, err := s.search(ctx, s.monthly(kindLog, "*"), object{
		"size": 0, "track_total_hits": false, "aggs": object{"months": object{"terms": object{"field": "_index", "size": mostMonths}}},
	})
	if err != nil {
		return nil, err
	}
	var found struct {
		Months struct {
			Buckets []struct {
				Key string `json:"key"`
				N   int64  `json:"doc_count"`
			} `json:"buckets"`
		} `json:"months"`
	}
	if len(reply.Aggregations) > 0 {
		if err := json.Unmarshal(reply.Aggregations, &found); err != nil {
			return nil, fmt.Errorf("logs: %v: %w", err, errOdd)
		}
	}
	months := map[string]int64{}
	for _, b := range found.Months.Buckets {
		month := strings.Replace(strings.TrimPrefix(b.Key, s.monthly(kindLog, "")), ".", "", 1) + "-"
		months[month] = b.N/(entriesOfLog*logsOfSpan) + 1
	}
	strays, err := s.strays(ctx)
	if err != nil {
		return nil, err
	}
	spans := sinks.SpansOf(months)
	for log := range strays {
		spans = apart(spans, log)
	}
	return spans, nil
}

// apart gives a log a span of its own.
func apart(spans []tocsin.LogRange, log string) []tocsin.LogRange {
	n := slices.IndexFunc(spans, func(r tocsin.LogRange) bool { return r.Holds(log) })
	around, alone := spans[n], tocsin.Only(log)
	parts := []tocsin.LogRange{alone, {From: alone.To, To: around.To}}
	if around.From != log {
		parts = append([]tocsin.LogRange{{From: around.From, To: log}}, parts...)
	}
	return slices.Replace(spans, n, n+1, parts...)
}

// entriesOfLog is about how many entries a log has, and logsOfSpan how many times as many logs a span may have here as
// elsewhere: a request costs more, and no more than a page is in memory.
const (
	entriesOfLog = 10
	logsOfSpan   = 8
)

// Pages of what is read in one go: entries have about 1 KB, incidents 5, and a copy of an alert most often as much and up
// to a few MB: a page that is too long is asked for in parts.
const (
	entriesPage   = 10_000
	incidentsPage = 1000
	exhibitsPage  = 1000
)

// A shownIncident is an incident's document, and those of its visits.
type shownIncident struct {
	store  *Store
	doc    wholeHit // without a source: there is none
	visits []wholeHit
	room   *[]byte // for the documents as they would be written now, of all of a span in turn
}

// Held hands out a span's logs, as searches see them; see [sinks.WholeReader].
func (s *Store) Held(ctx context.Context, span tocsin.LogRange, each func(tocsin.Held) error) error {
	if span.From == "" { // once
		odd, err := s.oddProofs(ctx)
		if err == nil && odd != nil {
			err = each(tocsin.Held{Odd: odd})
		}
		if err != nil {
			return err
		}
	}
	return s.heldIn(ctx, span, each)
}

func (s *Store) heldIn(ctx context.Context, span tocsin.LogRange, each func(tocsin.Held) error) error {
	all, err := s.shownIn(ctx, span)
	if err != nil {
		return err
	}
	var strays map[string]error
	if span == tocsin.Only(span.From) { // which a log with strays is read by, see Spans
		if strays, err = s.strays(ctx); err != nil {
			return err
		}
		maps.DeleteFunc(strays, func(log string, _ error) bool { return !span.Holds(log) })
	}
	give := func(h tocsin.Held) error {
		h.Odd = errors.Join(h.Odd, strays[h.Log])
		delete(strays, h.Log)
		if at := all[h.Log]; at != nil {
			delete(all, h.Log)
			if h.Shown = at.shown; at.doc.source != "" {
				h.State = at.doc.inner()
				h.Odd = errors.Join(h.Odd, at.doc.at(s.index(kindIncidents), h.Log))
			}
		}
		return each(h)
	}
	if err := s.heldLogs(ctx, span, give); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		h := tocsin.Held{Log: id}
		if all[id].doc.source == "" {
			h.Odd = fmt.Errorf("incident %s: there is none, and its visits are still there", id)
		}
		if err := give(h); err != nil {
			return err
		}
	}
	for _, log := range slices.Sorted(maps.Keys(strays)) {
		if err := give(tocsin.Held{Log: log}); err != nil {
			return err
		}
	}
	return nil
}

// heldLogs hands out the logs, one after another.
func (s *Store) heldLogs(ctx context.Context, span tocsin.LogRange, give func(tocsin.Held) error) error {
	r := logReader{store: s, give: give}
	err := s.wholly(ctx, s.monthly(kindLog, "*"), "tocsin.incident", span, entriesPage, taking{r.cut, r.take})
	if err != nil || r.held.Log == "" {
		return err
	}
	return give(r.held)
}

// A logReader puts entries together that are of one log.
type logReader struct {
	store *Store
	give  func(tocsin.Held) error
	held  tocsin.Held
	next  tocsin.LogEntry
	read  int // bytes of the next entry's document, where it was read while it was measured
}

func (r *logReader) cut(text string) int {
	r.read = cutEntryDocument(text, &r.next)
	return r.read
}

// take takes the next entry.
func (r *logReader) take(hit *wholeHit) (err error) {
	if r.read == 0 || r.read != len(hit.source) {
		r.next, err = readEntryDocument(hit.source)
	}
	r.read = 0
	if err == nil {
		index, _ := r.store.indexOf(kindLog, r.next.Incident)
		err = hit.at(index, r.next.ID())
	}
	log, _, _ := strings.Cut(hit.id, ":")
	if log != r.held.Log {
		if r.held.Log != "" {
			if err := r.give(r.held); err != nil {
				return err
			}
		}
		r.held = tocsin.Held{Log: log, Entries: r.held.Entries[:0]}
	}
	if err != nil && r.held.Odd == nil {
		r.held.Odd = fmt.Errorf("log entry %.80q: %w", hit.id, err)
	}
	r.held.Entries = push(r.held.Entries, &r.next)
	return nil
}

// push puts an entry behind others and takes the one that stood in its place: what that holds is written over.
func push(all []tocsin.LogEntry, e *tocsin.LogEntry) []tocsin.LogEntry {
	n := len(all)
	if n == cap(all) {
		all = append(all, *e)
		*e = tocsin.LogEntry{}
		return all
	}
	all = all[:n+1]
	all[n], *e = *e, all[n]
	return all
}

// shownIn reads the documents of a span's incidents and of their visits.
func (s *Store) shownIn(ctx context.Context, span tocsin.LogRange) (map[string]*shownIncident, error) {
	all, room := map[string]*shownIncident{}, new([]byte)
	of := func(id string) *shownIncident {
		if all[id] == nil {
			all[id] = &shownIncident{store: s, room: room}
		}
		return all[id]
	}
	err := s.wholly(ctx, s.index(kindIncidents), "tocsin.id", span, incidentsPage, taking{each: func(hit *wholeHit) error {
		of(hit.id).doc = *hit
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return all, s.wholly(ctx, s.monthly(kindIntervals, "*"), "tocsin.incident", span, entriesPage, taking{each: func(hit *wholeHit) error {
		id, _, _ := strings.Cut(hit.id, ":")
		at := of(id)
		at.visits = append(at.visits, *hit)
		return nil
	}})
}

// shown holds what searches and dashboards see of an incident, whose JSON is text, against what follows from it.
func (at *shownIncident) shown(i *tocsin.Incident, text []byte, earlier iter.Seq[*tocsin.Incident]) error {
	now := appendIncident((*at.room)[:0], i, text)
	*at.room = now
	if odd := sinks.Unlike(at.doc.source, now); odd != "" {
		return fmt.Errorf("incident %s: its field %s, by which it is found, sorted or counted, is not what its state says", i.ID, odd)
	}
	left := slices.Clone(at.visits)
	missing, err := at.visited(i, &left)
	if err != nil {
		return err
	}
	if missing != "" {
		return fmt.Errorf("incident %s: the document of its visit %s is gone", i.ID, missing)
	}
	if len(left) == 0 {
		return nil
	}
	for then := range earlier { // a visit's document is as the incident was when the visit was over
		if _, err := at.visited(then, &left); err != nil {
			return err
		}
	}
	for _, hit := range left {
		return fmt.Errorf("incident %s: the document of its visit %s, from which stage times are added up, is not what its log tells", i.ID, hit.id)
	}
	return nil
}

// visited takes out of what is left the documents of visits that are as the incident says, and names a visit that has
// none.
func (at *shownIncident) visited(i *tocsin.Incident, left *[]wholeHit) (missing string, err error) {
	for n := range i.Visits {
		v := &i.Visits[n]
		if v.To.IsZero() {
			continue
		}
		id := visitID(i, v)
		here := func(hit wholeHit) bool { return hit.id == id }
		if !slices.ContainsFunc(at.visits, here) {
			missing = id
			continue
		}
		now, err := appendVisit((*at.room)[:0], i, v, id)
		if err != nil {
			return "", err
		}
		index, _ := at.store.indexOf(kindIntervals, i.ID)
		*at.room = now
		*left = slices.DeleteFunc(*left, func(hit wholeHit) bool {
			return here(hit) && hit.index == index && sinks.Unlike(hit.source, now) == ""
		})
	}
	return missing, nil
}

// HeldExhibits hands out copies; see [sinks.WholeReader].
func (s *Store) HeldExhibits(ctx context.Context, span tocsin.LogRange, each func(tocsin.Exhibit, error) error) error {
	return s.wholly(ctx, s.monthly(kindEvidence, "*"), "tocsin.incident", span, exhibitsPage, taking{each: func(hit *wholeHit) error {
		x, odd := sinks.ReadExhibit(innerOf(hit.source))
		if odd == nil {
			index, _ := s.indexOf(kindEvidence, x.Incident)
			odd = hit.at(index, x.ID)
		}
		if odd == nil {
			if odd = oddFields(hit.source, x.At, exhibitFields(&x)); odd != nil {
				return each(x, odd)
			}
		}
		if odd != nil { // whoever asks for it does not get it
			var found struct {
				Tocsin struct {
					Incident string `json:"incident"`
				} `json:"tocsin"`
			}
			if err := json.Unmarshal([]byte(hit.source), &found); err != nil {
				return fmt.Errorf("document %.80q: %v: %w", hit.id, err, errOdd)
			}
			x = tocsin.Exhibit{ID: hit.id, Manifest: tocsin.Manifest{Incident: found.Tocsin.Incident}, Original: x.Original}
		}
		return each(x, odd)
	}})
}
