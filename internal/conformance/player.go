package conformance

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tocsin"
	"tocsin/correlate"
	"tocsin/rules"
)

// midnight is where the stories' times count from.
func midnight() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }

// Play plays the story on an engine of its own. A line of its log is one of
//
//	TIME ID field=value …    an alert; partition=N, source=S, offset=N, tenant=T and received=TIME place it elsewhere
//	flood N TIME field=value… N alerts a millisecond apart, ${i} in values replaced by 1 to N
//	mark TIME …              a marker: greatest accepted time; with partition=N, epoch=N, disorder=D, lateness=D,
//	                         listed=0,1 (partitions), tick=TIME, idle, ended, recorded
//	restart                  the engine is saved and restored
//	reload FILE              that rule file replaces the ones in force
//	stats                    prints the counts that are not zero
//	finish                   the recorded input ends
//	# …                      a remark
//
// Times are [DAYSd]HH:MM:SS[.fraction] after midnight; disorder is 0s and lateness 1h unless a marker says otherwise.
// The rules of a file are separated by ---; what a rule must say of the register is put before each.
func (s Story) Play() Result {
	p := &player{story: s, names: map[string]string{}, offsets: map[string]int64{}}
	began := time.Now()
	p.load("rule.yaml")
	if p.err == nil {
		p.engine = correlate.New(correlate.Config{}, p.set)
	}
	n := 0
	for line := range strings.Lines(s.files["log"]) {
		n++
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if p.err == nil {
			p.line(words)
		}
		if p.err != nil {
			p.err = fmt.Errorf("line %d of the log: %w", n, p.err)
			break
		}
	}
	return Result{Story: s, Got: p.out.String(), Err: p.err, Took: time.Since(began)}
}

// A player plays one story. After an error it goes no further.
type player struct {
	story   Story
	set     *rules.Set
	matcher *rules.Matcher
	engine  *correlate.Engine
	names   map[string]string // of events
	offsets map[string]int64  // next, by source and partition
	out     strings.Builder
	err     error
}

func (p *player) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *player) line(words []string) {
	word := func(i int) string {
		if i >= len(words) {
			p.fail(fmt.Errorf("%s lacks a word", words[0]))
			return ""
		}
		return words[i]
	}
	switch words[0] {
	case "mark":
		m := p.marker(word(1), words[min(2, len(words)):])
		p.show("mark "+word(1), p.engine.Mark(m))
	case "restart":
		e, err := correlate.Restore(correlate.Config{}, p.set, p.engine.Snapshot())
		if err != nil {
			p.fail(err)
			return
		}
		p.engine = e
	case "reload":
		if p.load(word(1)); p.err == nil {
			p.show("reload", p.engine.Use(p.set))
		}
	case "stats":
		p.stats()
	case "finish":
		p.show("finish", p.engine.Finish())
	case "flood":
		p.flood(p.number(word(1)), p.time(word(2)), words[min(3, len(words)):])
	default:
		p.alert(p.time(words[0]), word(1), words[min(2, len(words)):])
	}
}

// load puts the rules of one file in force.
func (p *player) load(name string) {
	var files []rules.File
	for i, doc := range strings.Split(p.story.files[name], "\n---\n") {
		head := fmt.Sprintf("id: 00000000-0000-4000-8000-%012d\ntitle: Rule %d\nversion: 1.0.0\nstatus: stable\nlevel: high\ncategory: intrusion-attempts/brute-force\n", i+1, i+1)
		rule := fmt.Sprintf("%d.yml", i)
		files = append(files, rules.File{Name: rule, Path: rule, Data: []byte(head + doc)})
	}
	set, err := rules.LoadFiles(files, rules.Options{})
	if err != nil {
		p.fail(fmt.Errorf("%s: %w", name, err))
		return
	}
	p.set, p.matcher = set, set.Matcher()
}

func (p *player) flood(n int64, at time.Time, words []string) {
	for i := range n {
		fields := make([]string, len(words))
		for j, w := range words {
			fields[j] = strings.ReplaceAll(w, "${i}", strconv.FormatInt(i+1, 10))
		}
		p.alert(at.Add(time.Duration(i)*time.Millisecond), fmt.Sprintf("flood%d", i+1), fields)
	}
}

func (p *player) alert(at time.Time, id string, words []string) {
	a := tocsin.Alert{ID: id, Tenant: "default", Source: "src", Time: at, Received: at, SHA256: sha256.Sum256([]byte(id))}
	offset := int64(-1)
	var fields []tocsin.Field
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		switch k {
		case "partition":
			a.Ref.Partition = int32(p.number(v)) //nolint:gosec // a story's own number
		case "source":
			a.Source = v
		case "tenant":
			a.Tenant = v
		case "offset":
			offset = p.number(v)
		case "received":
			a.Received = p.time(v)
		default:
			fields = append(fields, tocsin.Field{Name: k, Value: tocsin.StringValue(v)})
		}
	}
	a.Ref.Topic, a.Fields = "alerts", tocsin.NewFields(fields)
	place := fmt.Sprint(a.Source, a.Ref.Partition)
	if a.Ref.Offset = offset; offset < 0 {
		a.Ref.Offset = p.offsets[place]
		p.offsets[place]++
	}
	if p.err != nil {
		return
	}
	for _, m := range p.matcher.Match(&a) {
		p.show(id, p.engine.Step(m))
	}
}

func (p *player) marker(greatest string, words []string) tocsin.Marker {
	m := tocsin.Marker{SourcePartition: tocsin.SourcePartition{Source: "src"}, Greatest: p.time(greatest), Lateness: time.Hour}
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		switch k {
		case "partition":
			m.Partition = int32(p.number(v)) //nolint:gosec // a story's own number
		case "source":
			m.Source = v
		case "epoch":
			m.Epoch = p.number(v)
		case "disorder":
			m.Disorder = p.duration(v)
		case "lateness":
			m.Lateness = p.duration(v)
		case "tick":
			m.Tick = p.time(v)
		case "idle":
			m.Idle = true
		case "ended":
			m.Ended = true
		case "recorded":
			m.Recorded = true
		case "listed":
			for n := range strings.SplitSeq(v, ",") {
				m.Listed = append(m.Listed, tocsin.SourcePartition{Source: "src", Partition: int32(p.number(n))}) //nolint:gosec // a story's own number
			}
		default:
			p.fail(fmt.Errorf("a marker does not know %q", w))
		}
	}
	return m
}

func (p *player) number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		p.fail(err)
	}
	return n
}

func (p *player) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		p.fail(err)
	}
	return d
}

func (p *player) time(text string) time.Time {
	days, clock, ok := strings.Cut(text, "d")
	if !ok {
		days, clock = "0", text
	}
	n, err1 := strconv.Atoi(days)
	at, err2 := time.Parse("15:04:05.999999999", clock)
	if err := cmp.Or(err1, err2); err != nil {
		p.fail(err)
		return midnight()
	}
	return midnight().AddDate(0, 0, n).Add(at.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)))
}
