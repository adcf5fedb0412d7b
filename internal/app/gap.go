package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"tocsin"
	"tocsin/ingest/kafka"
	"tocsin/internal/pipeline"
	"tocsin/sinks"
)

// tellGap tells health and log of records that were lost before they could be read. The reader counts them.
func (k *kafkaStages) tellGap(g kafka.Gap) {
	k.gaps.tell(pipeline.GapLetter(g, g.Topic, "default", k.now()))
}

// gapTold is how long health tells of a gap whose dead letter nobody has disposed of.
const gapTold = 24 * time.Hour

// gapsTold are the gaps that health tells of. It is safe for concurrent use.
type gapsTold struct {
	now func() time.Time

	mu      sync.Mutex
	letters map[string]tocsin.Rejection
}

func (t *gapsTold) tell(letter tocsin.Rejection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.letters == nil {
		t.letters = map[string]tocsin.Rejection{}
	}
	t.letters[letter.ID] = letter
}

// settle takes back a gap whose dead letter was disposed of.
func (t *gapsTold) settle(letter string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.letters, letter)
}

// gapsEvery is how often the store is asked for gaps.
const gapsEvery = time.Minute

// follow keeps to what the store has: gaps that were found before this start or by another daemon are told too, and no
// more once their dead letter was disposed of, through whichever daemon. It ends with ctx.
func (t *gapsTold) follow(ctx context.Context, s letterStore, log *slog.Logger) error {
	every := time.NewTicker(gapsEvery)
	defer every.Stop()
	for {
		if err := t.look(ctx, s); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "dead letters of gaps were not read, will be repeated", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

// A letterStore tells of dead letters and of what was done with them.
type letterStore interface {
	Rejections(ctx context.Context, q sinks.RejectionQuery) (tocsin.Page[tocsin.Rejection], error)
	Dispositions(ctx context.Context, ids []string) (map[string][]tocsin.Disposition, error)
}

// look takes over the newest 500 gaps of the store.
func (t *gapsTold) look(ctx context.Context, s letterStore) error {
	page, err := s.Rejections(ctx, sinks.RejectionQuery{Reason: pipeline.GapReason, Since: t.now().Add(-gapTold), Limit: 500})
	if err != nil {
		return err
	}
	ids := make([]string, len(page.Items))
	for i := range page.Items {
		ids[i] = page.Items[i].ID
	}
	done, err := s.Dispositions(ctx, ids)
	if err != nil {
		return err
	}
	for _, letter := range page.Items {
		if len(done[letter.ID]) > 0 {
			t.settle(letter.ID)
		} else {
			t.tell(letter)
		}
	}
	return nil
}

// trouble is the last gap, and how many there are.
func (t *gapsTold) trouble() (pipeline.Trouble, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.letters, func(_ string, l tocsin.Rejection) bool { return t.now().Sub(l.Received) >= gapTold })
	if len(t.letters) == 0 {
		return pipeline.Trouble{}, false
	}
	all := slices.SortedFunc(maps.Values(t.letters), func(a, b tocsin.Rejection) int {
		return cmp.Or(a.Received.Compare(b.Received), strings.Compare(a.ID, b.ID))
	})
	detail := all[len(all)-1].Detail + "; discard its dead letter once it is looked into"
	if len(all) > 1 {
		detail = fmt.Sprintf("%s (%d gaps in all)", detail, len(all))
	}
	return pipeline.Trouble{Part: "gap", Detail: detail, Since: all[0].Received, Retries: int64(len(all))}, true
}

// trouble tells what keeps this daemon from reading, the oldest first.
func (k *kafkaStages) trouble() (pipeline.Trouble, bool) {
	t := pipeline.Trouble{Part: "kafka"}
	for _, g := range k.groups {
		if detail, since := g.Trouble(); detail != "" && (t.Detail == "" || since.Before(t.Since)) {
			t.Detail, t.Since = detail, since
		}
	}
	return t, t.Detail != ""
}

// recordedWithin is how long a store may be away that a gap of a topic of ours is to be recorded in.
const recordedWithin = time.Hour

// gap also records a stretch of a topic of ours in the dead-letter place. The detect stage does that for the inputs,
// before it goes on; here the reader must not wait for the store.
func (k *kafkaStages) gap(g kafka.Gap) {
	k.tellGap(g)
	letters := []tocsin.Rejection{pipeline.GapLetter(g, g.Topic, "default", k.now())}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), recordedWithin)
		defer cancel()
		if err := k.retry.Do(ctx, "elasticsearch", func() error { return k.store.StoreRejections(ctx, letters) }); err != nil {
			k.log.Error("a gap was not recorded", "err", err)
		}
	}()
}
