package rules_test

import (
	"os"
	"runtime"
	"testing"

	"tocsin"
	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/internal/cputime"
	"tocsin/internal/recordings"
	"tocsin/rules"
)

// BenchmarkCorpus is the cost of matching one recorded alert, decoding aside: of mixed Windows events and of those
// that start a process. The rules are those of the folder TOCSIN_SIGMA_RULES or, without it, of the recorded data.
func BenchmarkCorpus(b *testing.B) {
	folder := os.Getenv("TOCSIN_SIGMA_RULES")
	if folder == "" {
		folder = recordings.Path(b, "sigma", "rules")
	}
	set, err := rules.Load([]rules.Source{{FS: os.DirFS(folder)}}, rules.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for lane, alerts := range lanes(b) {
		b.Run(lane, func(b *testing.B) {
			m := set.Matcher()
			found := 0
			b.ReportAllocs()
			runtime.LockOSThread() // whose processor time is measured
			defer runtime.UnlockOSThread()
			before := cputime.Thread()
			for i := 0; b.Loop(); i++ {
				found += len(m.Fires(&alerts[i%len(alerts)]))
			}
			b.ReportMetric(float64(cputime.Thread()-before)/float64(b.N), "cpu-ns/op")
			b.ReportMetric(float64(len(set.Rules())), "rules")
			b.ReportMetric(float64(found)/float64(b.N), "matches/op")
		})
	}
}

// lanes are recorded alerts: windows, as they come, and process, those that start one.
func lanes(b *testing.B) map[string][]tocsin.Alert {
	b.Helper()
	d, err := decode.New(decode.Options{})
	if err != nil {
		b.Fatal(err)
	}
	out := map[string][]tocsin.Alert{}
	for _, name := range []string{"../campaigns/otrf_lsass_02_procdump/events.ndjson.zst", "evtx_mitre.ndjson.zst"} {
		for _, line := range recordings.Lines(b, "sigma", name) {
			a, rejection := d.Decode(ingest.Record{Source: "bench", Value: line})
			if rejection != nil {
				b.Fatalf("rejected: %s", rejection.Detail)
			}
			if len(out["windows"]) < 20_000 {
				out["windows"] = append(out["windows"], a)
			}
			code := a.Fields.Get("event.code").Text()
			if code == "1" && a.Fields.Get("winlog.channel").Text() == "Microsoft-Windows-Sysmon/Operational" || code == "4688" {
				out["process"] = append(out["process"], a)
			}
		}
	}
	return out
}
