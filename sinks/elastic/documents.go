package elastic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"tocsin"
)

// Documents of the register, many with one request: see register.Bulk.

// smallAtOnce bounds how many verdicts, slots and log entries one request reads: a few KB each.
const smallAtOnce = 1000

// Load returns what is there of what is wanted, in real time. Of each log it returns what stands without a gap from the
// wanted number on. Where verdicts and slots stood is remembered for the write that is likely to follow.
func (s *Store) Load(ctx context.Context, w tocsin.Wanted) (d tocsin.Documents, err error) {
	var names []name
	for _, id := range w.Verdicts {
		names = append(names, name{s.index(kindVerdicts), id})
	}
	for _, id := range w.Slots {
		names = append(names, name{s.index(kindSlots), id})
	}
	docs, err := s.mgetAll(ctx, names)
	if err != nil {
		return d, err
	}
	for i := range docs {
		s.keep(names[i], docs[i])
		switch {
		case !docs[i].found:
		case i < len(w.Verdicts):
			err = collect(&d.Verdicts, &docs[i])
		default:
			err = collect(&d.Slots, &docs[i])
		}
		if err != nil {
			return d, fmt.Errorf("document %.80q of %s: %w", names[i].id, names[i].index, err)
		}
	}
	d.Entries, err = s.loadLogs(ctx, w.Logs)
	return d, err
}

func collect[T any](to *[]T, d *document) error {
	var v T
	err := d.decode(&v)
	*to = append(*to, v)
	return err
}

// mgetAll is mget of any number of small documents.
func (s *Store) mgetAll(ctx context.Context, names []name) ([]document, error) {
	var docs []document
	for some := range slices.Chunk(names, smallAtOnce) {
		got, err := s.mget(ctx, some)
		if err != nil {
			return nil, err
		}
		docs = append(docs, got...)
	}
	return docs, nil
}

// A pursuit is how far a log has been read.
type pursuit struct {
	incident, index string
	next            int64
	most            int64 // entries to ask for
}

// loadLogs reads logs side by side: of one that is known a little, as it has most likely not grown; and twice as much each
// time that all asked for was there.
func (s *Store) loadLogs(ctx context.Context, logs map[string]int64) ([]tocsin.LogEntry, error) {
	var open []pursuit
	for _, id := range slices.Sorted(maps.Keys(logs)) {
		if index, ok := s.indexOf(kindLog, id); ok {
			r := pursuit{id, index, max(logs[id], 1), 2}
			if r.next == 1 {
				r.most = 8
			}
			open = append(open, r)
		}
	}
	var entries []tocsin.LogEntry
	for len(open) > 0 {
		var names []name
		for _, r := range open {
			for n := range r.most {
				names = append(names, name{r.index, tocsin.LogEntryID(r.incident, r.next+n)})
			}
		}
		docs, err := s.mgetAll(ctx, names)
		if err != nil {
			return nil, err
		}
		var longer []pursuit
		for _, r := range open {
			of := docs[:r.most]
			docs = docs[r.most:]
			end := slices.IndexFunc(of, func(d document) bool { return !d.found })
			for i := range of {
				if i == end {
					break
				}
				if err := collect(&entries, &of[i]); err != nil {
					return nil, fmt.Errorf("log of incident %s: %w", r.incident, err)
				}
			}
			if end < 0 {
				r.next, r.most = r.next+r.most, min(2*r.most, readAtOnce)
				longer = append(longer, r)
			}
		}
		open = longer
	}
	return entries, nil
}

// A saving is one document of many that are written together.
type saving struct {
	at      name
	version int64 // that it is to be; 0: of a log entry and of an incident, which have no version here
	actions []action
	single  func(context.Context) error // writes it by itself
}

// Save writes each document by itself and in no order, and answers for each; see register.Bulk. What loses is looked at by
// itself: it may be our own write, whose answer was lost.
func (s *Store) Save(ctx context.Context, d tocsin.Documents) ([]error, error) {
	all, err := s.savings(&d)
	if err != nil {
		return nil, err
	}
	errs := make([]error, len(all))
	if err := s.aim(ctx, all, errs); err != nil {
		return nil, err
	}
	var actions []action
	for i := range all {
		actions = append(actions, all[i].actions...)
	}
	ledger, err := s.put(ctx, actions...)
	if err != nil {
		return nil, err
	}
	for i := range all {
		of := ledger[:len(all[i].actions)]
		ledger = ledger[len(of):]
		if len(of) == 0 || all[i].single == nil {
			continue
		}
		if of[0].verdict() == conflict {
			errs[i] = all[i].single(ctx)
			continue
		}
		if all[i].version > 0 && of[0].at.term > 0 {
			s.keep(all[i].at, document{true, of[0].at, all[i].actions[0].doc})
		}
	}
	return errs, nil
}

// savings are the documents as they are written, in the order of [tocsin.Documents].
func (s *Store) savings(d *tocsin.Documents) ([]saving, error) {
	all := make([]saving, 0, d.Len())
	for _, slot := range d.Slots {
		doc, err := slotDocument(&slot)
		if err != nil {
			return nil, err
		}
		all = append(all, s.versioned(name{s.index(kindSlots), slot.ID}, slot.Version, doc))
	}
	for _, v := range d.Verdicts {
		doc, err := verdictDocument(&v)
		if err != nil {
			return nil, err
		}
		all = append(all, s.versioned(name{s.index(kindVerdicts), v.Event}, v.Version, doc))
	}
	for _, e := range d.Entries {
		a, err := s.appending(&e)
		if err != nil {
			return nil, err
		}
		all = append(all, saving{actions: []action{a}, single: func(ctx context.Context) error { return s.Append(ctx, e) }})
	}
	for _, i := range d.Incidents {
		actions, err := s.showing(&i)
		if err != nil {
			return nil, err
		}
		all = append(all, saving{actions: actions})
	}
	for i := range d.Exhibits {
		a, err := s.exhibiting(&d.Exhibits[i])
		if err != nil {
			return nil, err
		}
		all = append(all, saving{actions: []action{a}}) // one that is there is the same
	}
	return all, nil
}

func (s *Store) versioned(at name, version int64, doc []byte) saving {
	write := action{op: "create", index: at.index, id: at.id, doc: doc, placed: true}
	return saving{at, version, []action{write}, func(ctx context.Context) error { return s.succeed(ctx, at, version, doc) }}
}

// aim lets the documents that have a version be written over the one before it, where that stands, and over no other. One
// that has nothing to be written over gets its answer in errs and no action.
func (s *Store) aim(ctx context.Context, all []saving, errs []error) error {
	stands, err := s.stands(ctx, all)
	if err != nil {
		return err
	}
	for i := range all {
		w := &all[i]
		if w.at.id == "" {
			continue
		}
		there := stands[w.at]
		old, err := versionOf(&there)
		switch {
		case err != nil:
			return fmt.Errorf("document %.80q of %s: %w", w.at.id, w.at.index, err)
		case there.found && string(there.source) == string(w.actions[0].doc):
			w.actions = nil
		case w.version < 1 || old != w.version-1:
			w.actions, errs[i] = nil, fmt.Errorf("version %d of %.80q after version %d: %w", w.version, w.at.id, old, tocsin.ErrConflict)
		case there.found:
			w.actions[0].op, w.actions[0].after = "index", &there.place
		}
	}
	return nil
}

// stands are the documents that are to be written over: as they were read last, if that is the version before; else read
// now, all with one request.
func (s *Store) stands(ctx context.Context, all []saving) (map[name]document, error) {
	stands := map[name]document{}
	var unread []name
	for i := range all {
		w := &all[i]
		if w.at.id == "" {
			continue
		}
		d, known := s.recall(w.at)
		old, err := versionOf(&d)
		if known && err == nil && old == w.version-1 {
			stands[w.at] = d
		} else {
			unread = append(unread, w.at)
		}
	}
	docs, err := s.mgetAll(ctx, unread)
	for i := range docs {
		stands[unread[i]] = docs[i]
	}
	return stands, err
}

// versionOf is a stored document's own version, 0 where there is none.
func versionOf(d *document) (int64, error) {
	if !d.found {
		return 0, nil
	}
	var source struct {
		Doc struct {
			Version int64 `json:"version"`
		} `json:"doc"`
	}
	err := json.Unmarshal(d.source, &source)
	return source.Doc.Version, err
}

// NextOf hands out n numbers in a row and returns the first; see [Store.Next].
func (s *Store) NextOf(ctx context.Context, counter string, n int64) (int64, error) {
	if n < 1 {
		return 0, errors.New("no number is wanted")
	}
	return s.advance(ctx, counter, n)
}
