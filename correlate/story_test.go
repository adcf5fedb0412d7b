package correlate

import (
	"cmp"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"tocsin"
	"tocsin/rules"
)

var update = flag.Bool("update", false, "rewrite the want sections of the stories; keep only a difference you can explain")

// TestStories plays testdata/*.txtar. A story is a line or two of prose, one or more rules (what a rule file must say
// of the register is put before them), the log line by line, and what the engine says to it. A line of the log is one of
//
//	TIME ID field=value …    an alert; partition=N, source=S, offset=N and received=TIME place it elsewhere
//	flood N TIME field=value… N alerts a millisecond apart, ${i} in values replaced by 1 to N
//	mark TIME …              a marker: greatest accepted time; with partition=N, epoch=N, disorder=D, lateness=D,
//	                         listed=0,1 (partitions), tick=TIME, idle, ended, recorded
//	restart                  the engine is saved and restored
//	reload FILE              that rule file replaces the ones in force
//	stats                    prints the counts that are not zero
//	finish                   the recorded input ends
//
// Times are [DAYSd]HH:MM:SS[.fraction] after midnight; disorder is 0s and lateness 1h unless a marker says otherwise.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := story{T: t, archive: a, names: map[string]string{}, offsets: map[string]int64{}}
			got := s.play()
			if *update {
				s.rewrite(file, got)
				return
			}
			if diff := gocmp.Diff(s.section("want"), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

type story struct {
	*testing.T
	archive *txtar.Archive
	set     *rules.Set
	matcher *rules.Matcher
	engine  *Engine
	names   map[string]string // of events
	offsets map[string]int64  // next, by source and partition
	out     strings.Builder
}

func (s *story) section(name string) string {
	for _, f := range s.archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func (s *story) play() string {
	s.load("rule.yaml")
	s.engine = New(Config{}, s.set)
	for line := range strings.Lines(s.section("log")) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		s.line(words)
	}
	return s.out.String()
}

func (s *story) line(words []string) {
	switch words[0] {
	case "mark":
		s.show("mark "+words[1], s.engine.Mark(s.marker(words[1:])))
	case "restart":
		e, err := Restore(Config{}, s.set, s.engine.Snapshot())
		if err != nil {
			s.Fatal(err)
		}
		s.engine = e
	case "reload":
		s.load(words[1])
		s.show("reload", s.engine.Use(s.set))
	case "stats":
		s.stats()
	case "finish":
		s.show("finish", s.engine.Finish())
	case "flood":
		n, _ := strconv.Atoi(words[1])
		at := s.time(words[2])
		for i := range n {
			var fields []string
			for _, w := range words[3:] {
				fields = append(fields, strings.ReplaceAll(w, "${i}", strconv.Itoa(i+1)))
			}
			s.alert(at.Add(time.Duration(i)*time.Millisecond), fmt.Sprintf("flood%d", i+1), fields)
		}
	default:
		s.alert(s.time(words[0]), words[1], words[2:])
	}
}

// load puts the rules of one file in force. Documents are separated by ---.
func (s *story) load(name string) {
	files := fstest.MapFS{}
	for i, doc := range strings.Split(s.section(name), "\n---\n") {
		head := fmt.Sprintf("id: 00000000-0000-4000-8000-%012d\ntitle: Rule %d\nversion: 1.0.0\nstatus: stable\nlevel: high\ncategory: intrusion-attempts/brute-force\n", i+1, i+1)
		files[fmt.Sprintf("%d.yml", i)] = &fstest.MapFile{Data: []byte(head + doc)}
	}
	set, err := rules.Load([]rules.Source{{FS: files}}, rules.Options{})
	if err != nil {
		s.Fatal(err)
	}
	s.set, s.matcher = set, set.Matcher()
}

func (s *story) alert(at time.Time, id string, words []string) {
	a := tocsin.Alert{ID: id, Tenant: "default", Source: "src", Time: at, Received: at, SHA256: sha256.Sum256([]byte(id))}
	offset := int64(-1)
	var fields []tocsin.Field
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		switch k {
		case "partition":
			n, _ := strconv.Atoi(v)
			a.Ref.Partition = int32(n)
		case "source":
			a.Source = v
		case "tenant":
			a.Tenant = v
		case "offset":
			offset, _ = strconv.ParseInt(v, 10, 64)
		case "received":
			a.Received = s.time(v)
		default:
			fields = append(fields, tocsin.Field{Name: k, Value: tocsin.StringValue(v)})
		}
	}
	a.Ref.Topic, a.Fields = "alerts", tocsin.NewFields(fields)
	place := fmt.Sprint(a.Source, a.Ref.Partition)
	if a.Ref.Offset = offset; offset < 0 {
		a.Ref.Offset = s.offsets[place]
		s.offsets[place]++
	}
	for _, m := range s.matcher.Match(&a) {
		s.show(id, s.engine.Step(m))
	}
}

func (s *story) marker(words []string) tocsin.Marker {
	m := tocsin.Marker{SourcePartition: tocsin.SourcePartition{Source: "src"}, Greatest: s.time(words[0]), Lateness: time.Hour}
	for _, w := range words[1:] {
		k, v, _ := strings.Cut(w, "=")
		n, _ := strconv.ParseInt(v, 10, 64)
		d, _ := time.ParseDuration(v)
		switch k {
		case "partition":
			m.Partition = int32(n)
		case "source":
			m.Source = v
		case "epoch":
			m.Epoch = n
		case "disorder":
			m.Disorder = d
		case "lateness":
			m.Lateness = d
		case "tick":
			m.Tick = s.time(v)
		case "idle":
			m.Idle = true
		case "ended":
			m.Ended = true
		case "recorded":
			m.Recorded = true
		case "listed":
			for p := range strings.SplitSeq(v, ",") {
				n, _ := strconv.Atoi(p)
				m.Listed = append(m.Listed, tocsin.SourcePartition{Source: "src", Partition: int32(n)})
			}
		default:
			s.Fatalf("a marker does not know %q", w)
		}
	}
	return m
}

func (s *story) time(text string) time.Time {
	days, clock, ok := strings.Cut(text, "d")
	if !ok {
		days, clock = "0", text
	}
	n, err1 := strconv.Atoi(days)
	at, err2 := time.Parse("15:04:05.999999999", clock)
	if err := cmp.Or(err1, err2); err != nil {
		s.Fatal(err)
	}
	return epoch.AddDate(0, 0, n).Add(at.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)))
}

func clock(t time.Time) string {
	if t.IsZero() {
		return "none"
	}
	text := t.Format("15:04:05.999999999")
	if n := int(t.Sub(epoch).Hours()) / 24; n > 0 {
		text = fmt.Sprintf("%dd%s", n, text)
	}
	return text
}

// name is e1, e2, … in the order of the events' first words.
func (s *story) name(id string) string {
	if _, ok := s.names[id]; !ok {
		s.names[id] = fmt.Sprintf("e%d", len(s.names)+1)
	}
	return s.names[id]
}

func (s *story) show(cause string, events []tocsin.Event) {
	for _, ev := range events {
		var key, ids []string
		for _, g := range ev.Group {
			key = append(key, g.Value.Text())
		}
		for _, a := range ev.Evidence.Alerts {
			ids = append(ids, a.ID)
		}
		if len(ids) > 12 {
			ids = append(append(ids[:3:3], "…"), ids[len(ids)-3:]...)
		}
		fmt.Fprintf(&s.out, "%s: %s %s", cause, s.name(ev.ID), ev.Milestone)
		if string(ev.Milestone) != "opened" && string(ev.Activity) != string(ev.Milestone) {
			fmt.Fprintf(&s.out, " (%s)", ev.Activity)
		}
		fmt.Fprintf(&s.out, " key=%s %s-%s count=%d alerts=%s", strings.Join(key, ","), clock(ev.First), clock(ev.Last), ev.Count, strings.Join(ids, ","))
		if ev.Continues != "" {
			fmt.Fprintf(&s.out, " continues=%s", s.name(ev.Continues))
		}
		if ev.MergedInto != "" {
			fmt.Fprintf(&s.out, " into=%s", s.name(ev.MergedInto))
		}
		if ev.Backfill {
			fmt.Fprint(&s.out, " backfill")
		}
		if len(ev.Completeness.Degraded) > 0 {
			fmt.Fprintf(&s.out, " degraded=%s", strings.Join(ev.Completeness.Degraded, ","))
		}
		fmt.Fprintln(&s.out)
	}
}

func (s *story) stats() {
	st := s.engine.Stats()
	fmt.Fprintf(&s.out, "stats: watermark=%s", clock(st.Watermark))
	show := func(name string, n int64) {
		if n != 0 {
			fmt.Fprintf(&s.out, " %s=%d", name, n)
		}
	}
	if st.Holder != "" {
		fmt.Fprintf(&s.out, " holder=%s", st.Holder)
	}
	show("fenced", st.Fenced)
	for _, r := range st.Rules {
		show("keys", int64(r.Keys))
		show("open", int64(r.OpenEvents))
		show("duplicates", r.Duplicates)
		show("late", r.Late["src"])
		show("stale", r.Stale)
		show("evicted", r.Evicted)
	}
	fmt.Fprintln(&s.out)
}

func (s *story) rewrite(file, got string) {
	for i := range s.archive.Files {
		if s.archive.Files[i].Name == "want" {
			s.archive.Files[i].Data = []byte(got)
		}
	}
	if err := os.WriteFile(file, txtar.Format(s.archive), 0o644); err != nil {
		s.Fatal(err)
	}
}
