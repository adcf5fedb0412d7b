package expression

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
)

// errSteps stops a program that works too much for one alert.
var errSteps = errors.New("the step budget is used up")

// spend counts work: one step and one more for each 64 bytes.
func (e *Evaluator) spend(bytes int) error {
	e.steps += 1 + bytes/64
	if e.steps > maxSteps {
		return errSteps
	}
	return nil
}

// function is one that rules may call by name. An absent argument makes the result absent; a list as the first
// argument of a mapped function makes it a list of results.
type function struct {
	least, most int
	whole       bool // takes lists as they are
	do          func(e *Evaluator, args []any) (any, error)
}

func (f function) arity() string {
	switch {
	case f.least == f.most:
		return plural(f.least)
	case f.most > 100:
		return "at least " + plural(f.least)
	default:
		return fmt.Sprintf("%d to %d arguments", f.least, f.most)
	}
}

func plural(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return strconv.Itoa(n) + " arguments"
}

// timeParts are the methods of a time that rules may call.
var timeParts = []string{"Year", "Month", "Day", "Weekday", "Hour", "Minute", "Unix"}

// functions is the allow-list.
var functions = map[string]function{
	"lower":      {1, 1, false, onText(func(s string) any { return strings.ToLower(s) })},
	"upper":      {1, 1, false, onText(func(s string) any { return strings.ToUpper(s) })},
	"fold":       {1, 1, false, onText(func(s string) any { return fold(s) })},
	"unescape":   {1, 1, false, onText(func(s string) any { return unescape(s) })},
	"trim":       {1, 2, false, trimmer(strings.TrimSpace, strings.Trim)},
	"trimPrefix": {2, 2, false, trimmer(nil, strings.TrimPrefix)},
	"trimSuffix": {2, 2, false, trimmer(nil, strings.TrimSuffix)},
	"hasPrefix":  {2, 2, false, onTexts(func(s, t string) any { return strings.HasPrefix(s, t) })},
	"hasSuffix":  {2, 2, false, onTexts(func(s, t string) any { return strings.HasSuffix(s, t) })},
	"indexOf":    {2, 2, false, onTexts(func(s, t string) any { return strings.Index(s, t) })},
	"split":      {2, 2, true, onTexts(splitText)},
	"len":        {1, 1, true, length},
	"int":        {1, 1, false, toInt},
	"float":      {1, 1, false, toFloat},
	"string":     {1, 1, false, toText},
	"abs":        {1, 1, false, onNumber(math.Abs)},
	"ceil":       {1, 1, false, onNumber(math.Ceil)},
	"floor":      {1, 1, false, onNumber(math.Floor)},
	"round":      {1, 1, false, onNumber(math.Round)},
	"min":        {1, 1000, true, extreme(isLess)},
	"max":        {1, 1000, true, extreme(isGreater)},
	"first":      {1, 1, true, func(_ *Evaluator, args []any) (any, error) { return at(asList(args[0]), 0), nil }},
	"last":       {1, 1, true, func(_ *Evaluator, args []any) (any, error) { return at(asList(args[0]), -1), nil }},
	"now":        {0, 0, true, func(e *Evaluator, _ []any) (any, error) { return e.now, nil }},
	"date":       {1, 1, false, toDate},
	"duration":   {1, 1, false, toDuration},
}

func functionNames() string {
	names := append(slices.Collect(maps.Keys(functions)), slices.Collect(maps.Keys(loops))...)
	names = append(slices.AppendSeq(names, maps.Keys(treeCalls)), "cidr", "in_list")
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// register makes the functions known to expr, under names that no rule can write.
func register(cfg *conf.Config) {
	add := func(name string, f func(args ...any) (any, error)) {
		cfg.Functions[name] = &builtin.Function{Name: name, Func: f}
	}
	for name, f := range functions {
		add("$"+name, func(args ...any) (any, error) { return f.apply(args[0].(*Evaluator), args[1:]) })
	}
	add("$field", func(args ...any) (any, error) { return args[0].(*Evaluator).box(args[1].(int)), nil })
	add("$tick", func(args ...any) (any, error) { return nil, args[0].(*Evaluator).spend(0) })
	add("$truth", func(args ...any) (any, error) { return slices.Contains(asList(args[0]), any(true)), nil })
	add("$present", func(args ...any) (any, error) { return len(asList(args[0])) > 0, nil })
	add("$list", func(args ...any) (any, error) { return asList(args[0]), nil })
	add("$index", func(args ...any) (any, error) { return index(args[0], args[1]) })
	add("$either", func(args ...any) (any, error) {
		if len(asList(args[0])) > 0 {
			return args[0], nil
		}
		return args[1], nil
	})
	add("$compare", func(args ...any) (any, error) {
		return args[0].(*Evaluator).compare(args[1].(string), args[2], args[3])
	})
	add("$text", func(args ...any) (any, error) {
		return args[0].(*Evaluator).relate(args[1].(string), args[2], args[3])
	})
	add("$test", func(args ...any) (any, error) {
		return args[0].(*Evaluator).ask(args[1], args[2].(question))
	})
	add("$neg", func(args ...any) (any, error) { return arith("-", 0, args[0]) })
	add("$arith", func(args ...any) (any, error) { return arith(args[0].(string), args[1], args[2]) })
	add("$part", func(args ...any) (any, error) { return part(args[0], args[1].(string)) })
}

func (f function) apply(e *Evaluator, args []any) (any, error) {
	if f.whole {
		if err := e.spend(size(args)); err != nil {
			return nil, err
		}
		return f.do(e, args)
	}
	for _, a := range args {
		if len(asList(a)) == 0 {
			return nil, nil //nolint:nilnil // absent in, absent out
		}
	}
	list, ok := args[0].([]any)
	if !ok {
		if err := e.spend(size(args)); err != nil {
			return nil, err
		}
		return f.do(e, args)
	}
	out := make([]any, 0, len(list))
	for _, item := range list {
		one := append([]any{item}, args[1:]...)
		if err := e.spend(size(one)); err != nil {
			return nil, err
		}
		v, err := f.do(e, one)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// size is the bytes of string work that arguments stand for.
func size(args []any) int {
	n := 0
	for _, a := range args {
		switch x := a.(type) {
		case string:
			n += len(x)
		case []any:
			n += 64*len(x) + size(x)
		}
	}
	return n
}

// asList is a value's members: none for nil, itself for a scalar. A list of nulls has none.
func asList(a any) []any {
	switch x := a.(type) {
	case nil:
		return nil
	case []any:
		if slices.Contains(x, nil) {
			return slices.DeleteFunc(slices.Clone(x), func(v any) bool { return v == nil })
		}
		return x
	case []int: // a range
		list := make([]any, len(x))
		for i, n := range x {
			list[i] = n
		}
		return list
	default:
		return []any{a}
	}
}

func (e *Evaluator) compare(operator string, a, b any) (bool, error) {
	left, right := asList(a), asList(b)
	if err := e.spend(64 * len(left) * len(right) / 8); err != nil {
		return false, err
	}
	if len(left) == 0 || len(right) == 0 {
		return false, nil
	}
	op := orderOf(operator, false)
	found := false
	for _, x := range left {
		for _, y := range right {
			found = found || op.holds(fromAny(x), fromAny(y))
		}
	}
	return found != (operator == "!="), nil
}

// relate is contains, startsWith and endsWith between two values.
func (e *Evaluator) relate(operator string, a, b any) (bool, error) {
	do := strings.Contains
	switch operator {
	case "startsWith":
		do = strings.HasPrefix
	case "endsWith":
		do = strings.HasSuffix
	}
	right := asList(b)
	for _, y := range right {
		t, ok := fromAny(y).str()
		if !ok {
			continue
		}
		found, err := e.ask(a, question{func(s string) bool { return do(s, t) }, 6})
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// question is a test of strings, and its cost a byte in instructions of a pattern.
type question struct {
	pass  func(string) bool
	steps int
}

// ask puts a question to each member of a.
func (e *Evaluator) ask(a any, q question) (bool, error) {
	for _, x := range asList(a) {
		s, ok := fromAny(x).str()
		if !ok {
			continue
		}
		if err := e.spend(len(s) * max(q.steps/6, 1)); err != nil {
			return false, err
		}
		if q.pass(s) {
			return true, nil
		}
	}
	return false, nil
}

func index(a, i any) (any, error) {
	n, ok := i.(int)
	if !ok {
		if len(asList(i)) == 0 {
			return nil, nil //nolint:nilnil // absent in, absent out
		}
		return nil, fmt.Errorf("%v is no place in a list", i)
	}
	return at(asList(a), n), nil
}

// at is a list's member, nil beyond its ends; -1 is the last.
func at(list []any, i int) any {
	if i < 0 {
		i += len(list)
	}
	if i < 0 || i >= len(list) {
		return nil
	}
	return list[i]
}

func part(a any, name string) (any, error) {
	if a == nil {
		return nil, nil //nolint:nilnil // absent in, absent out
	}
	t, ok := a.(time.Time)
	if !ok {
		return nil, fmt.Errorf("%v is no time", a)
	}
	switch name {
	case "Year":
		return t.Year(), nil
	case "Month":
		return int(t.Month()), nil
	case "Day":
		return t.Day(), nil
	case "Weekday":
		return int(t.Weekday()), nil
	case "Hour":
		return t.Hour(), nil
	case "Minute":
		return t.Minute(), nil
	default:
		return int(t.Unix()), nil
	}
}
