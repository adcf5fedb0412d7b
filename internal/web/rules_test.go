package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/register"
)

// TestRulesSort sorts the list by every column both ways; what is not known stands last.
func TestRulesSort(t *testing.T) {
	half := 0.5
	w := newWorld(t, func(o *Options) {
		o.Rules = func() Rules {
			return Rules{Set: "abc", Rules: []Rule{
				{ID: "a", Title: "Alpha", Version: "1", Level: "low", Matches: 30, Cost: time.Microsecond},
				{ID: "b", Title: "beta", Version: "1", Level: "critical", Matches: 20, Blind: []string{"no source"}},
				{ID: "c", Title: "Gamma", Version: "2", Level: "high", Matches: 10, Cost: time.Millisecond},
			}}
		}
		o.Quality = func(context.Context, string, time.Time) (register.Qualities, error) {
			return register.Qualities{Rules: []register.Quality{
				{Rule: "a", Version: "1", Events: 7, Yield: 0.2, Precision: &half, N: 4, LastFired: t0},
				{Rule: "c", Version: "1", Events: 99, Yield: 0.9, Precision: &half, LastFired: t0.Add(time.Hour)}, // of another version
				{Rule: "b", Version: "1", Events: 8, Yield: 0.1, LastFired: t0.Add(-time.Hour)},
			}}, nil
		}
	})
	for query, want := range map[string]string{
		"": "abc", "sort=title&order=desc": "cba", "sort=level": "bca", "sort=level&order=asc": "acb", "sort=events": "bac", "sort=events&order=asc": "abc",
		"sort=yield": "abc", "sort=precision": "abc", "sort=matches&order=asc": "cba", "sort=cost": "cab", "sort=fired": "abc", "sort=nonsense": "abc",
		"attention=1": "b", "q=GAM": "c", "q=none": "", "from=2": "c", "from=-9": "abc", "from=99": "",
	} {
		var got strings.Builder
		for part := range strings.SplitSeq(w.get("/rules?"+query).body, `<a href="/rules/`) {
			if len(part) > 1 && part[1] == '"' {
				got.WriteByte(part[0])
			}
		}
		if got.String() != want {
			t.Errorf("%s: the order is %q, want %q", query, got.String(), want)
		}
	}
	if body := w.get("/rules").body; !strings.Contains(body, "n = 4") || !strings.Contains(body, "50 %") || !strings.Contains(body, `aria-sort="ascending"`) || !strings.Contains(body, "1 rule</a> to look at") && !strings.Contains(body, "1 rule to look at") {
		t.Errorf("the list lacks a figure: %s", body)
	}
}

// TestRulesPages keeps a page of thousands of rules within 150 kB, and is there while the register is away.
func TestRulesPages(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Rules = func() (all Rules) {
			for n := range 3000 {
				all.Rules = append(all.Rules, Rule{ID: fmt.Sprintf("3b7d4c1e-6f0a-4e53-8c77-2f4d1a9e%04d", n), Title: strings.Repeat("Long title ", 7) + fmt.Sprint(n), Version: "1.0.0", Level: "high", Kind: "count", Category: "intrusion-attempts/brute-force", Status: "stable"})
			}
			return all
		}
		o.Quality = func(context.Context, string, time.Time) (register.Qualities, error) {
			return register.Qualities{}, errors.New("connection refused")
		}
	})
	a := w.get("/rules")
	if len(a.body) > 150_000 || !strings.Contains(a.body, "from=100") || !strings.Contains(a.body, "The register does not answer now") {
		t.Errorf("the page has %d bytes", len(a.body))
	}
}

// TestRulePage shows a rule's text, what its exceptions hide, its newest events, and its tests where they are asked for.
func TestRulePage(t *testing.T) {
	w := newWorld(t, nil)
	w.event("0e1", "Password spray", "ann")
	body := w.get("/rules/r1").body
	for id, want := range map[string]string{
		"text": "title: &lt;b&gt;Password spray", "exceptions": "4 711", "events": "/events/202611-0e1", "tests": "Run them",
	} {
		if part := section(body, id); !strings.Contains(part, want) {
			t.Errorf("%s lacks %s: %s", id, want, part)
		}
	}
	if !strings.Contains(section(body, "exceptions"), "expired 2026-11-02") || strings.Contains(body, "Draft a shadow copy") {
		t.Error("an expired exception is not told, or a viewer may draft")
	}
	tests := section(w.get("/rules/r1?tests=1").body, "tests")
	if !strings.Contains(tests, "passed") || !strings.Contains(tests, "spray.yml:12:3: no event") {
		t.Errorf("the outcome of its tests: %s", tests)
	}
	if novel := section(w.get("/rules/r2").body, "novelty"); !strings.Contains(novel, "<svg") || !strings.Contains(novel, "31.4 of 60") || !strings.Contains(novel, "8 999") {
		t.Errorf("the scope's risk: %s", novel)
	}
}

// TestDraft drafts of an event and an incident, checks what a person made of it, and gives it as a file. It writes nothing.
func TestDraft(t *testing.T) {
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "</textarea><script>alert(1)</script>")
	cookie := w.signIn(coordinatorToken)
	for _, path := range []string{"/rules/r1/draft?kind=exception&event=202611-0e1", "/rules/r1/draft?kind=shadow&incident=" + i.ID} {
		a := w.get(path, "Cookie", cookie)
		if a.StatusCode != http.StatusOK || strings.Contains(a.body, "<script>alert") || !strings.Contains(a.body, "1 of 1 alert") && !strings.Contains(path, "shadow") {
			t.Errorf("%s: %s %s", path, a.Status, a.body)
		}
		if a := w.get(path); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s: a viewer drafts: %s", path, a.Status)
		}
		if a := w.get(path, "Authorization", "Bearer "+otherToken); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: another tenant drafts of it: %s", path, a.Status)
		}
	}
	form := "kind=exception&event=202611-0e1&text=" + url.QueryEscape("- a fault\r\n")
	if a := w.post("/rules/r1/draft", form, "Cookie", cookie); !strings.Contains(a.body, "a fault\n  fault\n  ^") || strings.Contains(a.body, "Download") {
		t.Errorf("the faults of a changed draft: %s", a.body)
	}
	a := w.post("/rules/r1/draft", "kind=exception&text="+url.QueryEscape("- rule: r1\r\n")+"&download=1", "Cookie", cookie)
	if a.body != "- rule: r1\n" || a.Header.Get("Content-Disposition") != `attachment; filename="x.yml"` {
		t.Errorf("the file: %q, %v", a.body, a.Header)
	}
	for path, want := range map[string]int{"/rules/r1/draft": 400, "/rules/r9/draft?kind=shadow": 404, "/rules/r1/draft?kind=exception&event=none": 404} {
		if a := w.get(path, "Cookie", cookie); a.StatusCode != want {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
}

// TestEntityRisk shows how a host stands against the bar.
func TestEntityRisk(t *testing.T) {
	w := newWorld(t, nil)
	body := section(w.get("/entities?value=web1").body, "novelty")
	for _, want := range []string{"31.4", "against a bar of 60", `class="passed stroke fill"`, `class="bar stroke"`, "8 999", "13.25"} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing: %s", want, body)
		}
	}
	if strings.Contains(w.get("/entities?value=nobody").body, "Its risk") {
		t.Error("a host that no scope knows has a risk")
	}
}

// TestBrowserDraft changes a draft in a real browser, with script and without, and every page of rules shows hostile
// text as text.
func TestBrowserDraft(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(coordinatorToken)
	for n, text := range corpus {
		e := w.event(fmt.Sprintf("0f%02d", n), text, text)
		b.open(server.URL + "/rules/r1/draft?kind=exception&event=" + e.ID)
		b.open(server.URL + "/entities?value=" + url.QueryEscape(text))
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{390, 1280} {
			for name, path := range map[string]string{"rules": "/rules", "rule": "/rules/r1?tests=1", "novelty": "/rules/r2", "host": "/entities?value=web1", "draft": "/rules/r1/draft?kind=exception&event=202611-0f01"} {
				b.view(scheme, width)
				b.open(server.URL + path)
				b.none(path, "pale texts", evaluate[[]string](b, pale))
				b.none(path, "unnamed fields", evaluate[[]string](b, unnamed))
				if wide := evaluate[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
					t.Errorf("%s %s %d: %d px wider than the window", path, scheme, width, wide)
				}
				b.keep("/console1-"+name, scheme, width)
			}
		}
	}
	b.open(server.URL + "/rules/r1/draft?kind=exception&event=202611-0f01")
	_ = evaluate[int](b, `(() => { const t = document.getElementById('draft-text'); t.value = '- a fault'; t.form.requestSubmit(); return 1; })()`)
	b.until(`document.body.innerText.includes('It has faults')`)
	if text := evaluate[string](b, `document.getElementById('draft-text').value`); text != "- a fault" {
		t.Errorf("what was typed is %q", text)
	}
}

// TestPeers leads to the same question at the daemons that may have the engine.
func TestPeers(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Peers = []string{"https://tocsin-2.example:8080/"} })
	for path, has := range map[string]bool{"/rules/r1?ask=1&key.user.name=elsewhere": true, "/rules/r1?ask=1&key.user.name=ann": false, "/entities?value=web1": true} {
		want := `href="https://tocsin-2.example:8080` + strings.ReplaceAll(path, "&", "&amp;") + `"`
		if body := w.get(path).body; strings.Contains(body, want) != has {
			t.Errorf("%s: %s: %t", path, want, !has)
		}
	}
}

// TestLoweredByVerdicts leads from a pair that counts for less to the incident that is why.
func TestLoweredByVerdicts(t *testing.T) {
	var lowered []tocsin.NoveltyLowered
	w := newWorld(t, func(o *Options) {
		o.WhyNot = func(rule, tenant string, key map[string]string) (tocsin.Standing, error) {
			s, err := whyNot(rule, tenant, key)
			s.Novelty.Lowered = lowered
			return s, err
		}
	})
	i := w.incident("0e1", "Password spray", "ann")
	for _, id := range []string{i.ID, "202601-gone"} {
		lowered = append(lowered, tocsin.NoveltyLowered{FeedbackPair: tocsin.FeedbackPair{Rule: "New service", Host: "web1"}, Incident: id, Until: t0.Add(tocsin.FeedbackFor)})
	}
	novel := section(w.get("/rules/r2").body, "novelty")
	for _, want := range []string{`<a href="/incidents/` + i.ID + `">` + i.Number + `</a>`, `<a href="/incidents/202601-gone">202601-gone</a>`, `<a href="/entities?value=web1">web1</a></td><td data-label="Until">`} {
		if !strings.Contains(novel, want) {
			t.Errorf("it lacks %s", want)
		}
	}
}
