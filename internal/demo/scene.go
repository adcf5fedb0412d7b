package demo

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// A Record is one alert of the scenario as its sensor writes it.
type Record struct {
	At     time.Time // event time, UTC
	Format string    // the decoder that reads it: suricata, wazuh, windows or cef
	Line   []byte    // without a line break
	Stage  string    // of the attack, one of [Stages]; "" for noise
}

// Span is how long the scenario lasts. An intake that is to take its records for live ones, not for a backfill, has at
// least this lateness.
const Span = 6 * time.Hour

// Scenario writes the scenario that ends at end (to the second): a function of seed and end alone. Records are in the
// order of their times.
func Scenario(seed uint64, end time.Time) []Record {
	end = end.UTC().Truncate(time.Second)
	s := &scene{
		rng: rand.New(rand.NewPCG(seed, 0x746f6373696e)), start: end.Add(-Span),
		rowOf: map[string]int{},
	}
	s.noise()
	for _, stage := range attack() {
		s.stage = stage.name
		stage.play(s, s.start.Add(stage.after))
	}
	slices.SortStableFunc(s.records, func(a, b Record) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	return s.records
}

// Stages lists the attack's stages in their order.
func Stages() []string {
	var names []string
	for _, stage := range attack() {
		names = append(names, stage.name)
	}
	return names
}

// A scene is a scenario being written.
type scene struct {
	rng     *rand.Rand
	start   time.Time
	stage   string // of the records that are being written; "" for noise
	records []Record
	rowOf   map[string]int // host and channel -> last record number
	wazuhs  int
}

func (s *scene) add(at time.Time, format string, line []byte) {
	s.records = append(s.records, Record{At: at, Format: format, Line: line, Stage: s.stage})
}

// A host is a machine of the organisation.
type host struct {
	name string
	ip   string
	os   string // windows or linux
}

func (h host) fqdn() string { return h.name + ".corp.example.com" }

// The machines that the story names.
var (
	web1     = host{"web1", "172.16.10.11", "linux"}
	web2     = host{"web2", "172.16.10.12", "linux"}
	bastion  = host{"bastion", "172.16.10.20", "linux"}
	vpn      = host{"vpn1", "172.16.10.2", "linux"}
	gateway  = host{"rdgw1", "172.16.10.30", "windows"}
	firewall = host{"fw1", "172.16.10.1", "linux"}
	mail     = host{"mail1", "172.16.10.25", "linux"}
	build    = host{"build1", "10.20.0.31", "linux"}
	database = host{"db1", "10.20.0.32", "linux"}
	dc       = host{"dc1", "10.20.0.10", "windows"}
	files    = host{"files1", "10.20.0.12", "windows"}
	payroll  = host{"payroll1", "10.20.0.14", "windows"}
	backup   = host{"backup1", "10.20.0.16", "windows"}
	scanner  = host{"audit1", "10.20.0.250", "linux"} // the organisation's own vulnerability scanner
	foothold = host{"ws12", "10.30.0.112", "windows"} // the workstation that the attack lives on
)

// Outsiders, all of documentation networks.
const (
	attackerIP = "203.0.113.66"
	sprayerIP  = "203.0.113.67"
	controlIP  = "198.51.100.23"
	dropIP     = "198.51.100.88"
)

func linuxHosts() []host { return []host{web1, web2, bastion, mail, build, database} }

func windowsServers() []host { return []host{dc, files, payroll, backup} }

// workstations are ws01 to ws14, the foothold among them.
func workstations() []host {
	var all []host
	for i := 1; i <= 14; i++ {
		n := strconv.Itoa(100 + i)
		all = append(all, host{"ws" + n[1:], "10.30.0." + n, "windows"})
	}
	return all
}

// users are the people of the organisation, one per workstation in its order.
func users() []string {
	return []string{
		"a.berg", "b.cruz", "c.diaz", "d.eaton", "e.falk", "f.garcia", "g.hahn", "h.ito", "i.jansen", "j.kaur", "k.lind",
		"m.keller", "n.moreau", "o.novak",
	}
}

// pick takes one of a list.
func pick[T any](s *scene, from []T) T { return from[s.rng.IntN(len(from))] }

// between draws a duration from least (inclusive) to most (exclusive), in whole milliseconds.
func (s *scene) between(least, most time.Duration) time.Duration {
	return least + time.Duration(s.rng.Int64N(int64((most-least)/time.Millisecond)))*time.Millisecond
}

// any draws a moment of the scenario.
func (s *scene) any() time.Time { return s.start.Add(s.between(0, Span)) }

// port draws an ephemeral port.
func (s *scene) port() int { return 49152 + s.rng.IntN(16000) }

// outsider draws an address of the documentation networks that is not one of the attack's.
func (s *scene) outsider() string {
	for {
		net := pick(s, []string{"192.0.2.", "198.51.100.", "203.0.113."})
		ip := net + strconv.Itoa(1+s.rng.IntN(254))
		if !slices.Contains([]string{attackerIP, sprayerIP, controlIP, dropIP}, ip) {
			return ip
		}
	}
}
