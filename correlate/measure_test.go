package correlate

import (
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin"
)

// drawMeasure draws what is measured, and alerts with numbers, with none, and with several.
func drawMeasure(t *rapid.T, s *scene) {
	g := &s.plan.gauge
	g.of = rapid.SampledFrom([]string{"sum", "average", "percentile"}).Draw(t, "measure")
	if g.of == "percentile" {
		g.percentile = rapid.SampledFrom([]int64{0, 1, 250_000, 333_333, 500_000, 950_000, 1_000_000}).Draw(t, "percentile")
	}
	for i := range rapid.IntRange(1, 2).Draw(t, "bounds") {
		than, _ := amountOf(rapid.SampledFrom([]string{"0", "1", "1.5", "-2", "3", "0.1", "1e17"}).Draw(t, "than"))
		g.bounds[i] = bound{rapid.SampledFrom([]string{"gt", "gte", "lt", "lte", "eq", "neq"}).Draw(t, "is"), than}
	}
	number := rapid.SampledFrom([]tocsin.Value{
		tocsin.IntValue(1), tocsin.IntValue(2), tocsin.StringValue("1"), tocsin.StringValue("0.1"), tocsin.StringValue("-2.5"), tocsin.FloatValue(0.3),
		tocsin.StringValue("none"), tocsin.NullValue(), tocsin.StringValue("1e17"), tocsin.StringValue("0.000000001"),
	})
	for i := range s.alerts {
		m := &s.alerts[i]
		m.Values = []tocsin.Value{number.Draw(t, "number")}
		if rapid.IntRange(0, 5).Draw(t, "several") == 0 {
			m.Values = []tocsin.Value{tocsin.ListValue(number.Draw(t, "one"), number.Draw(t, "two"))}
		}
	}
}

// referenceMeasure: each time t of an alert with a number at which what is measured of the window's numbers lies within
// the bounds. It computes in fractions, with each window by itself.
func referenceMeasure(p plan, ms []tocsin.Match) (runs [][]int) {
	rat := func(a amount) *big.Rat {
		r, _ := new(big.Rat).SetString(a.String())
		return r
	}
	numbers := func(m tocsin.Match) (out []*big.Rat) {
		for _, v := range m.Values {
			for _, one := range v.Items() {
				if r, ok := new(big.Rat).SetString(one.Text()); ok {
					out = append(out, r)
				}
			}
		}
		return out
	}
	for i, m := range ms {
		t := m.Alert.Time
		if i+1 < len(ms) && ms[i+1].Alert.Time.Equal(t) {
			continue
		}
		var run []int
		var all []*big.Rat
		now := false
		for j, x := range ms[:i+1] {
			if n := numbers(x); len(n) > 0 && x.Alert.Time.After(t.Add(-time.Duration(p.span))) {
				run, all = append(run, j), append(all, n...)
				now = now || x.Alert.Time.Equal(t)
			}
		}
		if !now {
			continue
		}
		got := referenceNumber(p.gauge, all)
		if !slices.ContainsFunc(p.gauge.bounds[:], func(b bound) bool { return b.is != "" && !b.admits(got.Cmp(rat(b.than))) }) {
			runs = append(runs, run)
		}
	}
	return runs
}

func referenceNumber(g gauge, all []*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, one := range all {
		sum.Add(sum, one)
	}
	switch g.of {
	case "sum":
		return sum
	case "average":
		return sum.Quo(sum, big.NewRat(int64(len(all)), 1))
	}
	slices.SortFunc(all, (*big.Rat).Cmp)
	rank := big.NewRat(int64(len(all)-1)*g.percentile, allPercent)
	low := new(big.Int).Div(rank.Num(), rank.Denom()).Int64()
	part := rank.Sub(rank, big.NewRat(low, 1))
	if part.Sign() == 0 {
		return all[low]
	}
	step := new(big.Rat).Sub(all[low+1], all[low])
	return step.Add(step.Mul(step, part), all[low])
}

// Numbers are exact to nine decimals, whatever their spelling.
func TestAmounts(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "1": "1", "+1.50": "1.5", "007": "7", ".5": "0.5", "5.": "5", "1e3": "1000", "1.5E-3": "0.0015", "-12.000000001": "-12.000000001",
		"0.0000000005": "0.000000001", "0.0000000004": "0", "-0.00000000051": "-0.000000001", "999999999999999999": "999999999999999999", "1e17": "100000000000000000",
		"1e18": "", "1e-9999": "0", "0e10000": "0", "": "", "-": "", ".": "", "1,5": "", "0x10": "", "1e": "", "e5": "", "--1": "", "+-1": "", "NaN": "", "Inf": "", "1 ": "", "1_000": "",
		strings.Repeat("0", 65): "",
	} {
		a, ok := amountOf(text)
		switch {
		case ok != (want != ""):
			t.Errorf("%q: ok %v", text, ok)
		case ok && a.String() != want:
			t.Errorf("%q is %s, want %s", text, a, want)
		}
	}
}

// Amounts compute as fractions do.
func TestAmountsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) (amount, *big.Rat) {
			s := rapid.StringMatching(`-?[0-9]{1,18}(\.[0-9]{1,9})?`).Draw(t, label)
			a, ok := amountOf(s)
			r, _ := new(big.Rat).SetString(s)
			if !ok {
				t.Fatalf("%s is no number", s)
			}
			return a, r
		}
		a, x := draw("a")
		b, y := draw("b")
		n := rapid.Int64Range(0, 1_000_000).Draw(t, "n")
		same := func(what string, got amount, want *big.Rat) {
			if r, _ := new(big.Rat).SetString(got.String()); r == nil || r.Cmp(want) != 0 {
				t.Errorf("%s: %s, want %s", what, got, want.FloatString(9))
			}
		}
		same("plus", a.plus(b), new(big.Rat).Add(x, y))
		same("minus", a.minus(b), new(big.Rat).Sub(x, y))
		same("times", a.times(n), new(big.Rat).Mul(x, big.NewRat(n, 1)))
		if got := a.compare(b); got != x.Cmp(y) {
			t.Errorf("compare: %d, want %d", got, x.Cmp(y))
		}
	})
}

// FuzzAmount: a text is a number or it is none, and what it is the text that it writes is too.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"1", "-0.5", "1e-3", "1e99999", "0.00000000049", "999999999999999999.9999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, ok := amountOf(s)
		if !ok {
			return
		}
		if back, ok := amountOf(a.String()); ok && back != a {
			t.Errorf("%q is %s, which is %s", s, a, back)
		}
	})
}
