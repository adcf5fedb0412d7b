package enrich

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"testing"

	"tocsin"
	"tocsin/internal/cputime"
)

// read is one look at a random place of the table: what a hit cannot do without.
func read(b *testing.B, memory []byte) {
	b.Helper()
	lines, at, i, from := uint64(len(memory)/64), uint64(1), 0, cputime.Process()
	for b.Loop() {
		h := (at + uint64(i) + uint64(memory[at*64])) * 0x9e3779b97f4a7c15
		at = (h >> 20) % lines
		i++
	}
	b.ReportMetric(float64(cputime.Process()-from)/float64(i), "cpu-ns/op")
}

// inARow are texts one behind the other in memory: an alert's values were read just before they are looked up.
func inARow(n int, of func() string) []string {
	texts, ends := strings.Builder{}, make([]int, n)
	for i := range ends {
		texts.WriteString(of())
		ends[i] = texts.Len()
	}
	row, from := make([]string, n), 0
	for i, end := range ends {
		row[i], from = texts.String()[from:end], end
	}
	return row
}

func BenchmarkLookup(b *testing.B) {
	file := million(b, 1_000_000)
	k, err := Read(Spec{Lists: []ListSpec{{Name: "l", File: file}}})
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	nets := newIndex()
	known := nets.meta(0, "", -1, 0, 0)
	for range 100_000 {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(1 + r.IntN(220)), byte(r.IntN(256)), byte(r.IntN(256)), 0}), 16+r.IntN(9)).Masked()
		nets.addNetwork(entry{saying: saying{meta: known}}, p)
	}
	nets.settle()
	b.Run("memory", func(b *testing.B) { read(b, bytesOf(k.x.exact.buckets)) })
	var lines []string
	text, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		lines = append(lines, strings.TrimSpace(line))
	}
	for name, c := range map[string]struct {
		x    *index
		kind kind
		of   func(i int) string
	}{
		"address":       {k.x, address, func(i int) string { return lines[i*4%len(lines)] }},
		"hash":          {k.x, sha256Hash, func(i int) string { return lines[(i*4+2)%len(lines)] }},
		"domain":        {k.x, domain, func(i int) string { return lines[(i*4+1)%len(lines)] }},
		"url":           {k.x, link, func(i int) string { return lines[(i*4+3)%len(lines)] }},
		"domain-missed": {k.x, domain, func(i int) string { return "www.nothing.example.com" }},
		"network":       {nets, address, func(i int) string { return lines[i*4%len(lines)] }},
	} {
		b.Run(name, func(b *testing.B) {
			asked := inARow(1<<16, func() string { return c.of(r.IntN(len(lines))) })
			var scratch []byte
			hits := 0
			b.ReportAllocs()
			i, from := 0, cputime.Process()
			for b.Loop() {
				scratch = c.x.lookup(c.kind, asked[i&(1<<16-1)], scratch, func(entry) bool { hits++; return true })
				i++
			}
			b.ReportMetric(float64(cputime.Process()-from)/float64(i), "cpu-ns/op")
		})
	}
}

// readMap measures what Go's own map of the same texts costs a value as it is written. An index makes of a value what its list
// has of it first.
func readMap(b *testing.B, lines, asked []string) {
	texts := make(map[string]uint32, len(lines))
	for i, line := range lines {
		texts[line] = uint32(i)
	}
	sum, i, from := uint32(0), 0, cputime.Process()
	for b.Loop() {
		sum += texts[asked[i%len(asked)]]
		i++
	}
	if sum == 0 {
		b.Fatal("nothing is met")
	}
	b.ReportMetric(float64(cputime.Process()-from)/float64(i), "cpu-ns/value")
}

// BenchmarkLookups is what one of the values of an alert costs that are looked up together, beside one read of memory (see
// BenchmarkLookup) and Go's own map of them: eight of them, as of an alert with addresses, a domain, a URL and hashes, of which all are met or none, as of most alerts.
func BenchmarkLookups(b *testing.B) {
	const together, alerts = 8, 1 << 13
	r := rand.New(rand.NewPCG(1, 2))
	file := million(b, 1_000_000)
	k, err := Read(Spec{Lists: []ListSpec{{Name: "feed", File: file}}})
	if err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	b.Run("memory", func(b *testing.B) { read(b, bytesOf(k.x.exact.buckets)) })
	met := inARow(alerts*together, func() string { return lines[r.IntN(len(lines))] })
	b.Run("map", func(b *testing.B) { readMap(b, lines, met) })
	i := 0
	missed := inARow(alerts*together, func() string { i++; return someValue(r, i, "sample") })
	for name, asked := range map[string][]string{"met": met, "missed": missed} {
		for _, each := range []int{1, together} {
			b.Run(fmt.Sprintf("%s-%d", name, each), func(b *testing.B) { lookTogether(b, k.x, asked, each) })
		}
	}
}

// lookTogether looks values up, so many at a time.
func lookTogether(b *testing.B, x *index, asked []string, each int) {
	b.Helper()
	of := make([]kind, len(asked))
	for i, value := range asked {
		of[i], _ = guessed(value)
	}
	var all batch
	hits, i := 0, 0
	from := cputime.Process()
	b.ReportAllocs()
	for b.Loop() {
		all.begin()
		for n := range each {
			j := (i + n) % len(asked)
			all.add(x, of[j], 0, tocsin.Value{}, asked[j])
		}
		all.look(x, func(*ask, entry) bool { hits++; return true })
		i += each
	}
	b.ReportMetric(float64(cputime.Process()-from)/float64(i), "cpu-ns/value")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(i), "ns/value")
	b.ReportMetric(float64(hits)/float64(i), "hits/value")
}
