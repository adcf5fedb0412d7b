package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin"
	"tocsin/classify"
	"tocsin/internal/pipeline"
	"tocsin/register"
)

// A judging notes by which scales each emission was judged, every time.
type judging struct {
	*testing.T
	by     map[string]string
	scales string
	pipeline.Assessor
}

func (j judging) Apply(ctx context.Context, events []tocsin.Event) error {
	for _, e := range events {
		said := fmt.Sprint(e.ID, " ", e.Revision)
		if was, judged := j.by[said]; judged && was != j.scales {
			j.Errorf("emission %s was judged by %s and is by %s", said, was, j.scales)
		}
		j.by[said] = j.scales
	}
	return j.Assessor.Apply(ctx, events)
}

// rescaled is a daemon whose journal names scales; what judged each batch of events is told by their hash.
func (w *world) rescaled(t *testing.T, by map[string]string) *pipeline.Embedded {
	t.Helper()
	p := w.daemon(t, nil)
	p.Registrar = func(register.Store) pipeline.Registrar { t.Error("judged by those in force"); return nil }
	p.Scaled = func(_ context.Context, hash string, s register.Store) (pipeline.Registrar, error) {
		o := pipeline.RegisterOptions(classify.Default())
		o.Store = s
		return judging{t, by, hash, pipeline.Assessor{Classifier: classify.New(classify.Default(), nil), Register: register.New(o)}}, nil
	}
	return p
}

// Scales that come into force by a row of the journal judge what the rows after it lead to, and nothing before it, however
// many rows wait, and wherever the daemon is ended: at each of its writes, rolled back or not.
func TestEmbeddedScales(t *testing.T) {
	play := func(t *testing.T, cut int, lost bool) map[string]string {
		t.Helper()
		by := map[string]string{}
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			for i, scales := range []string{"one", "two", "three"} {
				if err := w.AppendQuiet(t.Context(), pipeline.Quiet{Scales: scales}); err != nil {
					t.Fatal(err)
				}
				ip := fmt.Sprintf("203.0.113.%d", i)
				w.append(failure(ip, 300*i), failure(ip, 300*i+10), failure(ip, 300*i+20))
			}
			if cut > 0 {
				ctx, cancel := context.WithCancel(t.Context())
				p := w.rescaled(t, by)
				if n := w.tries + cut; lost {
					w.fail = func(k int) error {
						if k != n {
							return nil
						}
						cancel()
						return errAway // it is stored, and nobody knows
					}
				} else {
					w.undo, w.undone = n, cancel
				}
				time.AfterFunc(time.Second, cancel)
				if err := p.Run(ctx); err != nil && !errors.Is(err, errAway) {
					t.Fatal(err)
				}
				w.fail = nil
			}
			run(t, w.rescaled(t, by), time.Minute)
		})
		return by
	}
	want := play(t, 0, false)
	if got := slices.Compact(slices.Sorted(maps.Values(want))); !slices.Equal(got, []string{"one", "three", "two"}) || len(want) < 3 {
		t.Fatalf("emissions are judged by %v", want)
	}
	for cut := range 7 {
		for _, lost := range []bool{false, true} {
			got := play(t, cut+1, lost)
			for said, scales := range want {
				by, judged := got[said]
				if !judged && !strings.HasSuffix(said, " 1") {
					continue // how often an event is told may differ after a restart
				}
				if by != scales {
					t.Errorf("ended at write %d, lost %v: %s is judged by %q, not %q", cut+1, lost, said, by, scales)
				}
			}
		}
	}
}
