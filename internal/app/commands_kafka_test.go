package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"tocsin"
	"tocsin/internal/app"
	"tocsin/internal/auth"
	"tocsin/internal/config"
)

// A sender is another system: it writes commands into the topic, signed by its token.
type sender struct {
	*stand
	topic  string
	writer *kafka.Writer
	tokens map[string]string
}

func newSender(s *stand, url string, roles map[string]string) *sender {
	s.t.Helper()
	w := &sender{stand: s, topic: s.cfg.Kafka.Commands.Topic, tokens: map[string]string{}, writer: &kafka.Writer{
		Addr: kafka.TCP(s.cfg.Kafka.Brokers...), Topic: s.cfg.Kafka.Commands.Topic, Balancer: &kafka.Hash{}, RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond,
	}}
	s.t.Cleanup(func() { _ = w.writer.Close() })
	for name, role := range roles {
		code, text := called(s.t, http.MethodPost, url+"/api/v1/tokens", read(s.t, s.cfg.DataDir, "token"), fmt.Sprintf(`{"name":%q,"role":%q}`, name, role))
		var made struct{ Token string }
		if err := json.Unmarshal([]byte(text), &made); err != nil || code != http.StatusCreated {
			s.t.Fatalf("%d %s", code, text)
		}
		w.tokens[name] = made.Token
	}
	return w
}

// sign signs a command for the topic.
func (w *sender) sign(name string, at time.Time, text string) auth.Signature {
	return auth.Sign(w.tokens[name], name, w.topic, at, []byte(text))
}

// write writes a record with a signature, as of a time of writing.
func (w *sender) write(key string, s auth.Signature, at time.Time, text string) {
	w.t.Helper()
	m := kafka.Message{Key: []byte(key), Value: []byte(text), Time: at}
	for name, value := range map[string]string{"tocsin-actor": s.Name, "tocsin-at": s.At, "tocsin-signature": s.Value} {
		if value != "" {
			m.Headers = append(m.Headers, kafka.Header{Key: name, Value: []byte(value)})
		}
	}
	if err := w.writer.WriteMessages(w.t.Context(), m); err != nil {
		w.t.Fatal(err)
	}
}

// give signs a command and writes it, both now.
func (w *sender) give(key, name, text string) {
	w.t.Helper()
	w.write(key, w.sign(name, time.Now(), text), time.Now(), text)
}

// done are the entries of an incident's log, as actor and action.
func done(t *testing.T, url, incident string) (all []string) {
	t.Helper()
	var entries []tocsin.LogEntry
	get(t, url+"/api/v1/incidents/"+incident+"/log", &entries)
	for _, e := range entries {
		all = append(all, strings.TrimSpace(e.By.ID+" "+string(e.Action)+" "+e.Text))
	}
	return all
}

// bad writes commands that are refused, and returns how many there are of each reason.
func (w *sender) bad(id string, note func(string) string) map[string]int {
	now := time.Now()
	want := map[string]int{}
	refused := func(reason string, sig auth.Signature, at time.Time, text string) {
		w.write(id, sig, at, text)
		want[reason]++
	}
	forged, late := w.sign("ticketing", now, note("n4")), w.sign("soar", now.Add(-time.Hour), note("n6"))
	forged.Name = "soar"
	refused("signature", auth.Signature{}, now, note("n2"))                        // nobody's
	refused("signature", w.sign("soar", now, note("n3")), now, note("n3 changed")) // another text
	refused("signature", forged, now, note("n4"))                                  // under another's name
	refused("signature", auth.Sign("guessed", "soar", w.topic, now, []byte(note("n5"))), now, note("n5"))
	refused("signature", auth.Sign(w.tokens["soar"], "soar", "other.commands", now, []byte(note("n5"))), now, note("n5")) // for another topic
	refused("replay", late, now, note("n6"))
	refused("command", w.sign("ticketing", now, `{"id":"d-2","incident":"`+id+`","action":"close"}`), now, `{"id":"d-2","incident":"`+id+`","action":"close"}`) // a coordinator's
	twice := `{"id":"d-3","incident":"` + id + `","action":"comment","text":"x","text":"y"}`
	refused("command", w.sign("soar", now, twice), now, twice)
	gone := `{"id":"d-4","incident":"202611-0000","action":"comment","text":"x"}`
	refused("not_found", w.sign("soar", now, gone), now, gone)
	again := `{"id":"n1","incident":"` + id + `","action":"comment","text":"another"}`
	refused("refused", w.sign("soar", now, again), now, again)
	stale := `{"id":"d-5","incident":"` + id + `","action":"acknowledge","revision":1}`
	refused("stale", w.sign("soar", now, stale), now, stale)
	return want
}

// Two systems give commands by the topic, each signed by a token of its own. Each is done once, however often it comes, also
// where the whole topic is read again; what waited while no daemon ran is done as well; and what is unsigned, somebody
// else's, changed, copied later or no command is refused, counted, kept with its place and in the audit log.
func TestSignedCommandsOverKafka(t *testing.T) {
	s := newStandOf(t, func(s *stand) {
		s.cfg.Kafka.Commands = config.Commands{Topic: s.cfg.Kafka.Prefix + "commands", Signed: true}
	})
	a, stop := s.daemon()
	w := newSender(s, a.URL(), map[string]string{"soar": "coordinator", "ticketing": "analyst"})
	w.give("", "ticketing", `{"id":"t-1","action":"create","title":"Phish","category":"fraud/phishing","priority":"P3","impact":{"information":"privacy"}}`)
	var incident tocsin.Incident
	await(t, time.Minute, "an incident", func() (bool, string) {
		var page struct{ Items []tocsin.Incident }
		get(t, a.URL()+"/api/v1/incidents", &page)
		if len(page.Items) > 0 {
			incident = page.Items[0]
		}
		return len(page.Items) == 1, fmt.Sprint(len(page.Items))
	})
	id := incident.ID
	note := func(key string) string {
		return fmt.Sprintf(`{"id":%q,"incident":%q,"action":"comment","text":%q}`, key, id, key)
	}
	now := time.Now()
	w.give(id, "soar", fmt.Sprintf(`{"id":"d-1","incident":%q,"action":"declare"}`, id))
	w.give(id, "soar", note("n1"))
	w.write(id, w.sign("soar", now, note("n1")), now, note("n1")) // the producer tries again
	want := w.bad(id, note)
	w.give(id, "ticketing", note("last"))
	log := []string{"ticketing create", "soar declare", "soar comment n1", "ticketing comment last"}
	await(t, time.Minute, "the last command", func() (bool, string) {
		got := done(t, a.URL(), id)
		return slices.Contains(got, "ticketing comment last"), fmt.Sprint(got)
	})
	if diff := cmp.Diff(log, done(t, a.URL(), id)); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	s.buried(a, want)
	counts := commandsCounted(t, a.URL())
	for reason, n := range want {
		if counts[reason] != n {
			t.Errorf("%d counted as %s, want %d: %v", counts[reason], reason, n, counts)
		}
	}
	if counts["done"] != 5 {
		t.Errorf("%d counted as done, want 5 with the one that came twice: %v", counts["done"], counts)
	}
	stop()

	waited := time.Now().Add(-time.Hour) // signed and written while no daemon ran
	w.write(id, w.sign("soar", waited, note("waited")), waited, note("waited"))
	w.write(id, w.sign("soar", waited, note("waited")), time.Now(), note("waited")) // and copied now
	want["replay"]++
	a, stop = s.daemon()
	defer stop()
	log = append(log, "soar comment waited")
	await(t, time.Minute, "what waited", func() (bool, string) {
		got := done(t, a.URL(), id)
		return len(got) >= len(log), fmt.Sprint(got)
	})
	other := *s // which reads the topic from its beginning
	other.cfg.DataDir, other.cfg.Roles, other.cfg.Kafka.Group = t.TempDir(), []string{"api"}, s.cfg.Kafka.Group+"-again"
	b, stopB := other.daemon()
	defer stopB()
	await(t, time.Minute, "the topic read again", func() (bool, string) {
		records, lag := int64(0), int64(0)
		for _, l := range b.Health().Report().Lags {
			if l.Group == "commands" {
				records, lag = records+l.Next, lag+l.Lag
			}
		}
		return records >= 18 && lag == 0, fmt.Sprintf("%d records read, %d are behind", records, lag)
	})
	if diff := cmp.Diff(log, done(t, a.URL(), id)); diff != "" {
		t.Errorf("done, read again (-want +got):\n%s", diff)
	}
	s.buried(a, want)
}

// commandsCounted are the commands that a daemon's metrics count, by what became of them.
func commandsCounted(t *testing.T, url string) map[string]int {
	t.Helper()
	_, text := called(t, http.MethodGet, url+"/metrics", "", "")
	counts := map[string]int{}
	for line := range strings.Lines(text) {
		var became string
		var n int
		if _, err := fmt.Sscanf(line, "tocsin_commands_total{became=%q} %d", &became, &n); err == nil {
			counts[became] = n
		}
	}
	return counts
}

// buried compares the dead letters of the commands topic with those wanted, by reason, and the audit log with them.
func (s *stand) buried(a *app.App, want map[string]int) {
	s.t.Helper()
	token := read(s.t, s.cfg.DataDir, "token")
	total := 0
	for _, n := range want {
		total += n
	}
	await(s.t, time.Minute, "the dead letters", func() (bool, string) {
		var page struct{ Items []tocsin.Rejection }
		code, text := called(s.t, http.MethodGet, a.URL()+"/api/v1/dead-letters?source=commands&limit=100", token, "")
		if err := json.Unmarshal([]byte(text), &page); err != nil || code != http.StatusOK {
			return false, fmt.Sprint(code, text)
		}
		got := map[string]int{}
		for _, l := range page.Items {
			got[l.Reason]++
			if l.Ref.Topic != s.cfg.Kafka.Commands.Topic || l.Detail == "" || l.Stage != "command" {
				s.t.Errorf("%s of %+v: %s", l.Reason, l.Ref, l.Detail)
			}
		}
		return cmp.Equal(want, got), cmp.Diff(want, got)
	})
	await(s.t, time.Minute, "the audit log", func() (bool, string) {
		_, text := called(s.t, http.MethodGet, a.URL()+"/api/v1/audit?outcome=refused&limit=200", token, "")
		n := strings.Count(text, `"`+s.cfg.Kafka.Commands.Topic+"/") // the request's id is the record's place
		return n >= total, fmt.Sprintf("%d of %d letters are in it: %.2000s", n, total, text)
	})
}
