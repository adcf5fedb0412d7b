package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// StoreAlerts creates each alert in the index of its month; see [sinks.AlertStore]. Where an id is taken, what stands
// there is read back and compared. An alert that Elasticsearch refuses for ever has the verdict [tocsin.Refused].
func (s *Store) StoreAlerts(ctx context.Context, alerts []tocsin.Alert) ([]tocsin.Receipt, error) {
	if len(alerts) == 0 {
		return nil, nil
	}
	receipts := make([]tocsin.Receipt, len(alerts))
	taken, err := s.createAlerts(ctx, alerts, receipts)
	if err != nil || len(taken) == 0 {
		return receipts, err
	}
	if err := s.judge(ctx, alerts, taken, receipts); err != nil {
		return nil, err
	}
	return receipts, s.resend(ctx, alerts, receipts)
}

// createAlerts creates alerts and returns the positions of those whose id is taken; refused ones get their receipt.
func (s *Store) createAlerts(ctx context.Context, alerts []tocsin.Alert, receipts []tocsin.Receipt) (taken []int, err error) {
	actions := make([]action, len(alerts))
	now := time.Now()
	months := map[string]bool{}
	documents := s.schema.encoder(now)
	for i := range alerts {
		month := sinks.Month(&alerts[i])
		months[month] = true
		actions[i] = action{op: "create", index: s.monthly(kindAlerts, month), id: alerts[i].ID, doc: documents.document(&alerts[i])}
	}
	s.remember(months)
	ledger, err := s.bulk(ctx, actions)
	if err != nil {
		return nil, err
	}
	for i, o := range ledger {
		switch o.verdict() {
		case conflict:
			taken = append(taken, i)
		case refused:
			receipts[i] = tocsin.Receipt{Verdict: tocsin.Refused, Why: fmt.Sprintf("%s: %.300s", o.detail.Type, o.detail.Reason)}
		}
	}
	return taken, nil
}

// remember notes the months that were written to: where [Store.Alert] looks first.
func (s *Store) remember(months map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.months, months)
}

// judgeAtOnce bounds how many alerts are read back in one request.
const judgeAtOnce = 1000

// judge reads back what stands under the ids that are taken and gives the verdicts.
func (s *Store) judge(ctx context.Context, alerts []tocsin.Alert, taken []int, receipts []tocsin.Receipt) error {
	for portion := range slices.Chunk(taken, judgeAtOnce) {
		names := make([]name, len(portion))
		for n, i := range portion {
			names[n] = name{s.monthly(kindAlerts, sinks.Month(&alerts[i])), alerts[i].ID}
		}
		docs, err := s.mget(ctx, names, "tocsin.id", "tocsin.source.sha256", "tocsin.source.ref")
		if err != nil {
			return err
		}
		for n, i := range portion {
			if !docs[n].found {
				return fmt.Errorf("alert %s: its id was taken and stands for nothing now: %w", alerts[i].ID, tocsin.ErrNotFound)
			}
			var there struct {
				Tocsin alertSource `json:"tocsin"`
			}
			if err := json.Unmarshal(docs[n].source, &there); err != nil {
				return fmt.Errorf("stored alert %s: %v: %w", alerts[i].ID, err, sinks.ErrDamaged)
			}
			digest, err := there.Tocsin.digest()
			if err != nil {
				return err
			}
			receipts[i].Verdict = sinks.Judge(&alerts[i], there.Tocsin.Source.Ref, digest)
		}
	}
	return nil
}

// resend stores the alerts whose id has other content under their second kind of id.
func (s *Store) resend(ctx context.Context, alerts []tocsin.Alert, receipts []tocsin.Receipt) error {
	var again []tocsin.Alert
	var which []int
	for i := range receipts {
		if receipts[i].Verdict == tocsin.Resent {
			again, which = append(again, sinks.Resend(alerts[i])), append(which, i)
		}
	}
	if len(again) == 0 {
		return nil
	}
	verdicts := make([]tocsin.Receipt, len(again))
	if _, err := s.createAlerts(ctx, again, verdicts); err != nil { // a taken id is ours: it names coordinates and content
		return err
	}
	for n, i := range which {
		if verdicts[n].Verdict == tocsin.Refused {
			receipts[i] = verdicts[n]
		} else {
			receipts[i].Other = again[n].ID
		}
	}
	return nil
}

// Alert returns one alert with its original bytes. As the id does not name a month it looks, in real time, into the
// months that this store has written and the last three, and then searches all, which may lag behind by a second.
func (s *Store) Alert(ctx context.Context, id string) (tocsin.Alert, error) {
	if id == "" || len(id) > maxID {
		return tocsin.Alert{}, fmt.Errorf("alert %.80q: %w", id, tocsin.ErrNotFound)
	}
	var names []name
	for _, month := range s.likelyMonths(time.Now()) {
		names = append(names, name{s.monthly(kindAlerts, month), id})
	}
	docs, err := s.mget(ctx, names)
	if err != nil {
		return tocsin.Alert{}, err
	}
	for _, d := range docs {
		if d.found {
			return s.schema.decodeAlert(d.source)
		}
	}
	reply, err := s.search(ctx, s.monthly(kindAlerts, "*"), object{"size": 1, "query": object{"ids": object{"values": []string{id}}}})
	if err != nil {
		return tocsin.Alert{}, err
	}
	if len(reply.Hits.Hits) == 0 {
		return tocsin.Alert{}, fmt.Errorf("alert %.80q: %w", id, tocsin.ErrNotFound)
	}
	return s.schema.decodeAlert(reply.Hits.Hits[0].Source)
}

func (s *Store) likelyMonths(now time.Time) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	months := maps.Clone(s.months)
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	for back := range 3 {
		months[first.AddDate(0, -back, 0).Format("2006.01")] = true
	}
	return slices.Sorted(maps.Keys(months))
}
