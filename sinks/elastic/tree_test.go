package elastic

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tocsin"
)

// search answers searches for documents of a kind within numbers, sorted by number: what those for the tree ask.
func (f *fake) search(index string, body []byte) (*http.Response, error) {
	f.searches++
	var asked struct {
		Size  int `json:"size"`
		Query struct {
			Bool struct {
				Filter []struct {
					Term  map[string]string           `json:"term"`
					Range map[string]map[string]int64 `json:"range"`
				} `json:"filter"`
			} `json:"bool"`
		} `json:"query"`
		Sort []map[string]struct {
			Order string `json:"order"`
		} `json:"sort"`
	}
	if err := json.Unmarshal(body, &asked); err != nil || len(asked.Sort) != 1 {
		return answer(400, `{}`), nil //nolint:nilerr // the answer tells
	}
	hits := []fakeHit{}
	for key, doc := range f.docs {
		id, ours := strings.CutPrefix(key, index+"/")
		if !ours || f.seen != nil && !f.seen(f.searches, id) {
			continue
		}
		hit := fakeHit{ID: id, Source: doc}
		if err := json.Unmarshal(doc, &hit); err != nil {
			return nil, err
		}
		fits := true
		for _, c := range asked.Query.Bool.Filter {
			if kind, ok := c.Term["tocsin.kind"]; ok && kind != hit.Tocsin.Kind {
				fits = false
			}
			for op, n := range c.Range["tocsin.seq"] {
				fits = fits && map[string]bool{"gte": hit.Tocsin.Seq >= n, "gt": hit.Tocsin.Seq > n, "lt": hit.Tocsin.Seq < n}[op]
			}
		}
		if fits {
			hits = append(hits, hit)
		}
	}
	slices.SortFunc(hits, func(a, b fakeHit) int { return cmp.Compare(a.Tocsin.Seq, b.Tocsin.Seq) })
	if asked.Sort[0]["tocsin.seq"].Order == "desc" {
		slices.Reverse(hits)
	}
	reply, err := json.Marshal(object{"hits": object{"hits": hits[:min(len(hits), asked.Size)]}})
	return answer(200, string(reply)), err
}

type fakeHit struct {
	ID     string          `json:"_id"`
	Source json.RawMessage `json:"_source"`
	Tocsin struct {
		Kind string `json:"kind"`
		Seq  int64  `json:"seq"`
	} `json:"tocsin"`
}

// Whatever each single search sees of the tree, and if a refresh comes between two of them, the answer is the tree.
func TestStretchesBetweenRefreshes(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := over(t, f)
	var tree []tocsin.Stretch
	for first := int64(0); len(tree) < 4; first = tree[len(tree)-1].End() {
		st := tocsin.Stretch{First: first, At: time.Unix(1, 0).UTC(), Hashes: []byte("h")}
		for n := range len(tree)%2 + 1 {
			st.Leaves = append(st.Leaves, tocsin.TreeLeaf{Incident: "i", Seq: first + int64(n) + 1})
		}
		if err := s.PutStretch(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		tree = append(tree, st)
	}
	end := tree[len(tree)-1].End()
	for early := range len(tree) + 1 {
		for late := range len(tree) + 1 {
			for from := int64(-1); from <= end; from++ {
				for _, limit := range []int{1, 2, 9} {
					f.searches = 0
					f.seen = func(n int, id string) bool {
						visible := []int{early, late}[min(n-1, 1)]
						return !slices.ContainsFunc(tree[visible:], func(st tocsin.Stretch) bool { return stretchID(st.First) == id })
					}
					want := treeFrom(tree, from, limit)
					got, err := s.Stretches(t.Context(), from, limit)
					if diff := gocmp.Diff(want, got); diff != "" || err != nil {
						t.Errorf("the first search sees %d stretches, the second %d; %d from leaf %d (%v, -want +got):\n%s", early, late, limit, from, err, diff)
					}
				}
			}
		}
	}
}

func treeFrom(tree []tocsin.Stretch, from int64, limit int) []tocsin.Stretch {
	if from < 0 {
		return tree[len(tree)-1:]
	}
	var out []tocsin.Stretch
	for _, st := range tree {
		if st.End() > from && len(out) < limit {
			out = append(out, st)
		}
	}
	return out
}

// A checkpoint that no search sees yet is there for who asks for its size, and comes once for who asks for it when it does.
func TestCheckpointOfAMomentAgo(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := over(t, f)
	all := []tocsin.Checkpoint{{Size: 3, At: time.Unix(1, 0).UTC(), Note: "a"}, {Size: 7, At: time.Unix(2, 0).UTC(), Note: "b"}, {Size: 9, At: time.Unix(3, 0).UTC(), Note: "c"}}
	for _, c := range all {
		if err := s.PutCheckpoint(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for seen := range len(all) + 1 {
		f.seen = func(_ int, id string) bool {
			return !slices.ContainsFunc(all[seen:], func(c tocsin.Checkpoint) bool { return checkpointID(c.Size) == id })
		}
		for n, c := range all {
			want := append([]tocsin.Checkpoint{c}, all[min(n+1, len(all)):max(seen, min(n+1, len(all)))]...)
			for limit := 1; limit <= 3; limit++ {
				got, err := s.Checkpoints(t.Context(), c.Size, limit)
				if diff := gocmp.Diff(want[:min(limit, len(want))], got); diff != "" || err != nil {
					t.Errorf("%d seen, %d from %d (%v, -want +got):\n%s", seen, limit, c.Size, err, diff)
				}
			}
		}
	}
}
