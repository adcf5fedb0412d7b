package enrich

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// What a list has is found, what no list has is not: as a plain map and a walk over all networks tell.
func TestIndexIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		address := rapid.Custom(func(t *rapid.T) netip.Addr {
			return netip.AddrFrom4([4]byte{10, byte(rapid.IntRange(0, 3).Draw(t, "b")), byte(rapid.IntRange(0, 3).Draw(t, "c")), byte(rapid.IntRange(0, 7).Draw(t, "d"))})
		})
		label := rapid.StringMatching(`[ab]{1,2}`)
		name := rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(label, 2, 4).Draw(t, "labels"), ".")
		})
		x := newIndex()
		addresses, names, belows := map[netip.Addr]bool{}, map[string]bool{}, map[string]bool{}
		var networks []netip.Prefix
		l := &loader{x: x, list: &List{}, most: 1 << 20}
		take := func(k kind, value string) {
			if message, _ := l.take(indicator{kind: k, value: value, confidence: -1}, 1); message != "" {
				t.Fatal(message)
			}
		}
		for range rapid.IntRange(0, 40).Draw(t, "entries") {
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				a := address.Draw(t, "address")
				addresses[a] = true
				take(addressKind, a.String())
			case 1:
				p := netip.PrefixFrom(address.Draw(t, "network"), rapid.IntRange(8, 31).Draw(t, "bits")).Masked()
				networks = append(networks, p)
				take(network, p.String())
			case 2:
				n := name.Draw(t, "name")
				names[n] = true
				take(domain, n)
			default:
				n := name.Draw(t, "below")
				belows[n] = true
				take(domain, "."+n)
			}
		}
		x.settle()
		found := func(k kind, value string) (hits int) {
			x.lookup(k, value, nil, func(entry) bool { hits++; return true })
			return hits
		}
		for range 20 {
			a := address.Draw(t, "asked")
			want := 0
			if addresses[a] {
				want++
			}
			distinct := map[netip.Prefix]bool{}
			for _, p := range networks {
				if p.Contains(a) && !distinct[p] {
					distinct[p] = true
					want++
				}
			}
			if got := found(addressKind, a.String()); got != want {
				t.Fatalf("%v: %d hits, want %d", a, got, want)
			}
			n := name.Draw(t, "asked name")
			want = 0
			if names[n] {
				want++
			}
			for b := range belows {
				if n == b || strings.HasSuffix(n, "."+b) {
					want++
				}
			}
			if got := found(domain, n); got != want {
				t.Fatalf("%s: %d hits, want %d", n, got, want)
			}
		}
	})
}

const addressKind = address

// FuzzList reads whatever a feed may hold: it ends, and what is wrong has its place.
func FuzzList(f *testing.F) {
	for _, s := range []string{"203.0.113.7\n", "value,type\nx,ip\n", `{"type":"bundle","objects":[{"type":"indicator","pattern":"[a:b = 'c']"}]}`, "#\n\"", "a,b\n\"x\ny\",z", "\ufeff# value,\n1"} {
		f.Add(s, 0)
		f.Add(s, 1)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string, format int) {
		file := filepath.Join(dir, "list")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, as := range []string{"auto", "csv", "stix"} {
			_, _ = Read(Spec{Lists: []ListSpec{{Name: "l", File: file, Format: as}}})
		}
	})
}

func FuzzPattern(f *testing.F) {
	f.Add("[ipv4-addr:value = '203.0.113.7' OR url:value IN ('a', 'b')] OR [file:hashes.MD5 = 'x']")
	f.Add("([a:b = 'c'] AND [d:e > 5]) WITHIN 5 SECONDS")
	f.Add("[a:b = t'2020' OR (c:d LIKE 'x')]")
	f.Fuzz(func(t *testing.T, text string) {
		values, usable, err := readPattern(text)
		if usable && (err != nil || len(values) == 0) {
			t.Errorf("usable without values: %v, %v", values, err)
		}
	})
}

// million writes a list of n indicators of all kinds.
func million(tb testing.TB, n int) string {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for i := range n {
		b.WriteString(someValue(r, i, "example") + "\n")
	}
	file := filepath.Join(tb.TempDir(), "million.txt")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

// someValue is the i-th of many values: an address, a domain, a hash and a URL by turns.
func someValue(r *rand.Rand, i int, name string) string {
	switch i % 4 {
	case 0:
		return fmt.Sprintf("%d.%d.%d.%d", 1+r.IntN(220), r.IntN(256), r.IntN(256), r.IntN(256))
	case 1:
		return fmt.Sprintf("host%d.%s%d.com", i, name, r.IntN(1000))
	case 2:
		var sum [32]byte
		for j := range sum {
			sum[j] = byte(r.IntN(256))
		}
		return hex.EncodeToString(sum[:])
	}
	return fmt.Sprintf("http://site%d.%s.org/path/%d", i, name, r.IntN(1000))
}

// A list takes less than 128 bytes an indicator.
func TestBytesOfAnIndicator(t *testing.T) {
	n := 100_000
	if os.Getenv("TOCSIN_LONG") != "" {
		n = 1_000_000
	}
	file := million(t, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	k, err := Read(Spec{Lists: []ListSpec{{Name: "l", File: file}}})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := float64(after.HeapAlloc-before.HeapAlloc) / float64(k.lists[0].Entries)
	t.Logf("%d indicators, %.0f bytes each by the heap, %.0f by the index", k.lists[0].Entries, each, float64(k.Bytes())/float64(k.lists[0].Entries))
	if each > 128 {
		t.Errorf("%.0f bytes an indicator", each)
	}
	runtime.KeepAlive(k)
}

// A lookup takes no memory, neither of what a list has nor of what it has not.
func TestLookupAllocatesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list.txt")
	values := []struct {
		kind  kind
		value string
	}{
		{address, "203.0.113.7"},
		{address, "2001:db8::7"},
		{address, "198.51.100.9"}, // by its network
		{domain, "evil.example"},
		{domain, "a.b.bad.example"}, // by the domain above
		{link, "http://evil.example/" + strings.Repeat("long/", 40)},
		{md5Hash, "44d88612fea8a8f36de82e1278abb02f"},
		{mail, "mallory@evil.example"},
	}
	var text strings.Builder
	text.WriteString("198.51.100.0/24\n198.51.0.0/16\n.bad.example\n")
	for _, v := range values {
		text.WriteString(v.value + "\n")
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := Read(Spec{Lists: []ListSpec{{Name: "l", File: file}}})
	if err != nil {
		t.Fatal(err)
	}
	scratch := make([]byte, 0, 1024)
	for _, v := range values {
		hits, other := 0, v.value+"0"
		if n := testing.AllocsPerRun(100, func() {
			scratch = k.x.lookup(v.kind, v.value, scratch, func(entry) bool { hits++; return true })
			scratch = k.x.lookup(v.kind, other, scratch, func(entry) bool { return true })
		}); n != 0 || hits == 0 {
			t.Errorf("%s: %v allocations, %d hits", v.value, n, hits)
		}
	}
}

// Values that are looked up together meet what each of them meets alone.
func TestTogether(t *testing.T) {
	x := newIndex()
	for i := range 500 {
		x.add(entry{kind: domain, saying: saying{meta: x.meta(uint16(i%3), "", -1, 0, 0)}}, fmt.Appendf(nil, "d%d.example", i/2))
	}
	one := saying{meta: x.meta(0, "", -1, 0, 0)}
	x.add(entry{kind: below, saying: one}, []byte("bad.example"))
	x.labels = 2
	x.addNetwork(entry{saying: one}, netip.MustParsePrefix("198.51.100.0/24"))
	x.settle()
	var all batch
	for _, n := range []int{1, 7, mostAsks} {
		var values []string
		var kinds []kind
		for i := range n {
			values = append(values, []string{fmt.Sprintf("d%d.example", i*3), "a.bad.example", "198.51.100.9", "none.example", "no address"}[i%5])
			kinds = append(kinds, []kind{domain, domain, address, domain, address}[i%5])
		}
		var want, got []string
		all.begin()
		for i, value := range values {
			x.lookup(kinds[i], value, nil, func(e entry) bool {
				want = append(want, fmt.Sprint(value, e))
				return true
			})
			all.add(x, kinds[i], i, tocsin.StringValue(value), value)
		}
		all.look(x, func(a *ask, e entry) bool {
			got = append(got, fmt.Sprint(a.value.Text(), e))
			return true
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d together (-alone +together):\n%s", n, diff)
		}
	}
}

// What stands in many lists is found in all of them, in their order, however full its bucket is and however the table grew.
func TestManyListsOfOneValue(t *testing.T) {
	x := newIndex()
	const lists = 300
	for list := range uint16(lists) {
		said := saying{meta: x.meta(list, "", -1, 0, 0)}
		for _, value := range []string{"evil.example", fmt.Sprintf("only%d.example", list), strings.Repeat("long-", 30) + ".example"} {
			if !x.add(entry{kind: domain, saying: said}, []byte(value)) {
				t.Fatal("not new", value)
			}
		}
		if x.add(entry{kind: domain, saying: said}, []byte("evil.example")) {
			t.Fatal("new twice")
		}
	}
	for range 2 {
		for _, value := range []string{"evil.example", strings.Repeat("long-", 30) + ".example"} {
			next := uint16(0)
			x.lookup(domain, value, nil, func(e entry) bool {
				if x.list(&e) != next || string(e.key) != value {
					t.Fatalf("%v, want %d of %s", e, next, value)
				}
				next++
				return true
			})
			if next != lists {
				t.Errorf("%d of %d", next, lists)
			}
		}
		x.settle()
	}
}

// An address is read as the library reads it.
func TestDotted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[0-9]{1,3}(\.[0-9]{0,3}){2,4}`), rapid.StringMatching(`[0-9.a:%]{0,16}`)).Draw(t, "text")
		want, err := netip.ParseAddr(text)
		got, ok := dotted(text)
		if ok != (err == nil && want.Is4()) || ok && got != want.As4() {
			t.Fatalf("%q: %v %v, the library: %v %v", text, got, ok, want, err)
		}
	})
}
