package expression

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// errDivision is a division, or a remainder, by zero.
var errDivision = errors.New("division by zero")

func onText(do func(string) any) func(*Evaluator, []any) (any, error) {
	return func(_ *Evaluator, args []any) (any, error) {
		s, ok := fromAny(args[0]).str()
		if !ok {
			return nil, nil //nolint:nilnil // what is no string has no such function
		}
		return do(s), nil
	}
}

func onTexts(do func(s, t string) any) func(*Evaluator, []any) (any, error) {
	return func(_ *Evaluator, args []any) (any, error) {
		s, oks := fromAny(args[0]).str()
		t, okt := fromAny(args[1]).str()
		if !oks || !okt {
			return nil, nil //nolint:nilnil // absent in, absent out
		}
		return do(s, t), nil
	}
}

func trimmer(space func(string) string, cut func(s, what string) string) func(*Evaluator, []any) (any, error) {
	both := onTexts(func(s, t string) any { return cut(s, t) })
	return func(e *Evaluator, args []any) (any, error) {
		if len(args) == 1 {
			return onText(func(s string) any { return space(s) })(e, args)
		}
		return both(e, args)
	}
}

func textOf(a any) (string, error) {
	if s, ok := fromAny(a).str(); ok {
		return s, nil
	}
	return "", fmt.Errorf("%v is no string", a)
}

func splitText(s, sep string) any {
	parts := strings.SplitN(s, sep, maxItems+1)
	parts = parts[:min(len(parts), maxItems)]
	list := make([]any, len(parts))
	for i, p := range parts {
		list[i] = p
	}
	return list
}

// length is the members of a list or the characters of a string; of an absent value it is absent.
func length(_ *Evaluator, args []any) (any, error) {
	switch x := args[0].(type) {
	case nil:
		return nil, nil //nolint:nilnil // absent in, absent out
	case string:
		return len([]rune(x)), nil
	case []any:
		return len(x), nil
	case []int:
		return len(x), nil
	default:
		s, ok := fromAny(x).str()
		if !ok {
			return nil, nil //nolint:nilnil // what is no string has no length
		}
		return len(s), nil
	}
}

func toInt(_ *Evaluator, args []any) (any, error) {
	n, err := numberOf(args[0])
	if err != nil {
		return nil, err
	}
	if n.kind == kindInt {
		return int(n.i), nil
	}
	if math.Abs(n.f) >= 1<<63 {
		return nil, fmt.Errorf("%v is no whole number", args[0])
	}
	return int(n.f), nil
}

func toFloat(_ *Evaluator, args []any) (any, error) {
	n, err := numberOf(args[0])
	if err != nil {
		return nil, err
	}
	f, _ := n.number()
	return f, nil
}

func toText(_ *Evaluator, args []any) (any, error) {
	switch x := args[0].(type) {
	case bool:
		return strconv.FormatBool(x), nil
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64), nil
	default:
		return textOf(x)
	}
}

// numberOf reads a value as a number: a number, or a string that is written as one.
func numberOf(a any) (scalar, error) {
	s := fromAny(a)
	if s.kind == kindText {
		s = parsed(strings.TrimSpace(s.s))
	}
	if s.kind != kindInt && s.kind != kindFloat {
		return scalar{}, fmt.Errorf("%.40q is no number", fmt.Sprint(a))
	}
	return s, nil
}

func onNumber(do func(float64) float64) func(*Evaluator, []any) (any, error) {
	return func(_ *Evaluator, args []any) (any, error) {
		n, err := numberOf(args[0])
		if err != nil {
			return nil, err
		}
		f, _ := n.number()
		if out := do(f); n.kind == kindInt && math.Abs(out) < 1<<53 {
			return int(out), nil
		}
		return do(f), nil
	}
}

// extreme is min or max over its arguments and their members; what is absent or no number does not count.
func extreme(op order) func(*Evaluator, []any) (any, error) {
	return func(_ *Evaluator, args []any) (any, error) {
		var best any
		for _, a := range args {
			for _, v := range asList(a) {
				if best == nil || op.holds(fromAny(v), fromAny(best)) {
					best = v
				}
			}
		}
		return best, nil
	}
}

func toDate(_ *Evaluator, args []any) (any, error) {
	s, err := textOf(args[0])
	if err != nil {
		return nil, err
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return nil, fmt.Errorf("%.40q is no time", s)
}

func toDuration(_ *Evaluator, args []any) (any, error) {
	s, err := textOf(args[0])
	if err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return nil, fmt.Errorf("%.40q is no duration", s)
	}
	return d, nil
}

// arith calculates; an absent operand makes the result absent. Of a list the only member counts.
func arith(operator string, a, b any) (any, error) {
	left, right := asList(a), asList(b)
	if len(left) == 0 || len(right) == 0 {
		return nil, nil //nolint:nilnil // absent in, absent out
	}
	if len(left) > 1 || len(right) > 1 {
		return nil, fmt.Errorf("%s takes single values, not lists", operator)
	}
	if out, ok := timeArith(operator, left[0], right[0]); ok {
		return out, nil
	}
	x, y := fromAny(left[0]), fromAny(right[0])
	f, okf := x.number()
	g, okg := y.number()
	if !okf || !okg {
		return nil, fmt.Errorf("%s takes numbers", operator)
	}
	if x.kind == kindInt && y.kind == kindInt {
		if out, ok := wholeArith(operator, x.i, y.i); ok {
			return out, nil
		}
	}
	return realArith(operator, f, g)
}

func timeArith(operator string, a, b any) (any, bool) {
	t, isTime := a.(time.Time)
	u, andTime := b.(time.Time)
	d, andSpan := b.(time.Duration)
	switch {
	case isTime && andTime && operator == "-":
		return t.Sub(u), true
	case isTime && andSpan && operator == "-":
		return t.Add(-d), true
	case isTime && andSpan && operator == "+":
		return t.Add(d), true
	default:
		return nil, false
	}
}

// wholeArith calculates without rounding; ok is false where the result is no whole number that fits.
func wholeArith(operator string, a, b int64) (any, bool) {
	switch operator {
	case "+":
		c := a + b
		return int(c), (c > a) == (b > 0)
	case "-":
		c := a - b
		return int(c), (c < a) == (b > 0)
	case "*":
		if a == 0 || b == 0 {
			return 0, true
		}
		c := a * b
		return int(c), c/b == a && !(a == -1 && b == math.MinInt64) && !(b == -1 && a == math.MinInt64)
	case "%":
		if b == 0 || b == -1 {
			return 0, b == -1
		}
		return int(a % b), true
	default:
		return nil, false
	}
}

func realArith(operator string, a, b float64) (any, error) {
	var out float64
	switch operator {
	case "+":
		out = a + b
	case "-":
		out = a - b
	case "*":
		out = a * b
	case "/":
		if b == 0 {
			return nil, errDivision
		}
		out = a / b
	case "%":
		if b == 0 {
			return nil, errDivision
		}
		out = math.Mod(a, b)
	default:
		out = math.Pow(a, b)
	}
	if math.IsNaN(out) || math.IsInf(out, 0) {
		return nil, fmt.Errorf("%s goes beyond the range of numbers", operator)
	}
	return out, nil
}
