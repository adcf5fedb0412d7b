package correlate

import (
	"fmt"
	"testing"
	"time"

	"tocsin"
)

// A quiet day and a half of one rule on two hosts, then rules that nobody heard of: what the scope stands at tells them apart, and the
// event tells why.
func TestNoveltyTellsHowItStands(t *testing.T) {
	e := newEngine(Config{}, planSet{hash: "set", plans: []plan{noveltyPlan()}})
	n := 0
	step := func(at time.Duration, host, rule string) []tocsin.Event {
		n++
		m := newNoveltyStream(1, 1, 1).next()
		m.Alert.ID, m.Alert.Time, m.Alert.Ref.Offset = tocsin.Hash(fmt.Sprint(n)), epoch.Add(at), int64(n)
		m.Values[0], m.Values[2] = tocsin.StringValue(host), tocsin.StringValue(rule)
		return append(e.Step(m), e.Mark((&noveltyStream{}).mark(m.Alert.Time.Add(2*time.Minute+1)))...)
	}
	for i := range 36 * 6 {
		step(time.Duration(i)*10*time.Minute, "mail", "update")
		step(time.Duration(i)*10*time.Minute, "web", "update")
	}
	var events []tocsin.Event
	for i := range 12 {
		events = append(events, step(36*time.Hour+time.Duration(i)*time.Second, "web", fmt.Sprint("finding ", i))...)
	}
	if len(events) == 0 {
		t.Fatal("no event")
	}
	why := events[0].Novelty
	if why.By != "novelty" || why.Risk < why.Bar || why.Bar != 60 || len(why.Members) < 8 || why.Members[0].Rarity != 14 || why.Members[0].Observed != 216 || why.Members[0].Joined != "seed" {
		t.Errorf("the event tells %+v", why)
	}
	s, ok := e.WhyNot("r", "default", nil)
	if !ok || s.Novelty == nil || s.State != tocsin.StandingFired || s.Need != 60 || s.Have < 60 || len(s.Events) != 1 {
		t.Fatalf("it stands at %+v", s)
	}
	st := s.Novelty
	if st.Hosts != 2 || st.Rules != 13 || st.Pairs != 14 || st.Learned != 1 || len(st.Hours) == 0 || st.Hours[0].Bar != 60 {
		t.Errorf("the scope holds %+v", st)
	}
	if len(st.Rare) != 12 || st.Rare[0].Points != 8 || len(st.Ordinary) != 2 || st.Ordinary[0].Alerts != 72 || st.Ordinary[0].Yesterday != 144 || st.Alerts != 72+72+12 {
		t.Errorf("today: %+v", st)
	}
	if s, ok := e.WhyNot("r", "another", nil); !ok || s.State != tocsin.StandingUnknown || s.Novelty != nil {
		t.Errorf("another tenant stands at %+v", s)
	}
	hosts := e.NoveltyHosts("r", "default", "web")
	if len(hosts) != 1 || len(hosts[0].Rare) != 12 || len(hosts[0].Ordinary) != 1 || hosts[0].Alerts != 72+12 || hosts[0].Bar != 60 || hosts[0].Risk < 60 {
		t.Fatalf("the host stands at %+v", hosts)
	}
	if last := hosts[0].Sessions[len(hosts[0].Sessions)-1]; last.Points != 12*8 || last.First != epoch.Add(36*time.Hour) || len(last.Alerts) == 0 {
		t.Errorf("its sessions are %+v", hosts[0].Sessions)
	}
	if mail := e.NoveltyHosts("r", "default", "mail"); len(mail) != 1 || mail[0].Risk != 0 || len(mail[0].Rare) != 0 {
		t.Errorf("a quiet host stands at %+v", mail)
	}
	if none := append(e.NoveltyHosts("r", "another", "web"), e.NoveltyHosts("r", "default", "nobody")...); len(none) != 0 {
		t.Errorf("of others it tells %+v", none)
	}
	events = e.Finish()
	if last := events[len(events)-1].Novelty; last.Members[len(last.Members)-1].Joined != "member" {
		t.Errorf("the last to join is %+v", last.Members)
	}
}
