package correlate

import (
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// An amount is an exact number: so many billionths, in two's complement of 128 bits. Sums of amounts do not depend on
// their order, as those of floating point do, and a number that leaves a sum leaves nothing behind.
type amount struct {
	hi int64
	lo uint64
}

// Amounts lie between -10^wholeDigits and 10^wholeDigits. So a billion of them, each times a million, still fit 128 bits.
const (
	wholeDigits = 18
	fracDigits  = 9
	maxNumber   = 64 // bytes of a number's text
)

// amountOf reads a decimal number: digits, a point, an exponent. More than nine decimals are rounded, half of a
// billionth away from zero. What is no number, or too large a one, is not ok.
func amountOf(s string) (a amount, ok bool) {
	if len(s) > maxNumber {
		return a, false
	}
	s, negative := strings.CutPrefix(s, "-")
	if !negative {
		s = strings.TrimPrefix(s, "+")
	}
	mantissa, power, hasPower := s, 0, false
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		n, err := strconv.Atoi(s[i+1:])
		if err != nil || n > 10_000 || n < -10_000 {
			return a, false
		}
		mantissa, power, hasPower = s[:i], n, true
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	digits := whole + frac
	if digits == "" || strings.Trim(digits, "0123456789") != "" || hasPower && whole == "" {
		return a, false
	}
	point := len(whole) + power // the digits before it are whole
	for strings.HasPrefix(digits, "0") {
		digits, point = digits[1:], point-1
	}
	if digits != "" && point > wholeDigits {
		return a, false
	}
	a = scaled(digits, point+fracDigits)
	if negative {
		a = amount{}.minus(a)
	}
	return a, true
}

// scaled is the number that the first n digits are, those that are not there being zeros.
func scaled(digits string, n int) (a amount) {
	if digits == "" || n < 0 {
		return a
	}
	for i := range n {
		h, l := bits.Mul64(a.lo, 10)
		d := uint64(0)
		if i < len(digits) {
			d = uint64(digits[i] - '0')
		}
		l, carry := bits.Add64(l, d, 0)
		a = amount{a.hi*10 + int64(h+carry), l}
	}
	if n < len(digits) && digits[n] >= '5' {
		a = a.plus(amount{0, 1})
	}
	return a
}

func (a amount) plus(b amount) amount {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	return amount{a.hi + b.hi + int64(carry), lo}
}

func (a amount) minus(b amount) amount {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	return amount{a.hi - b.hi - int64(borrow), lo}
}

// times is a, n times: n is not negative.
func (a amount) times(n int64) amount {
	h, l := bits.Mul64(a.lo, uint64(n))
	return amount{a.hi*n + int64(h), l}
}

func (a amount) compare(b amount) int {
	switch {
	case a.hi != b.hi && a.hi < b.hi, a.hi == b.hi && a.lo < b.lo:
		return -1
	case a == b:
		return 0
	default:
		return 1
	}
}

// String writes it as people do.
func (a amount) String() string {
	n := new(big.Int).Lsh(big.NewInt(a.hi), 64)
	n.Or(n, new(big.Int).SetUint64(a.lo))
	s := new(big.Rat).SetFrac(n, big.NewInt(1_000_000_000)).FloatString(fracDigits)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
