package expression

import (
	"github.com/expr-lang/expr/conf"

	"tocsin"
)

// run lets the machine decide a leaf.
func (e *Evaluator) run(l *leaf) (bool, error) {
	if err := e.charge(0); err != nil {
		return false, err
	}
	e.steps = 0
	out, err := e.vm.Run(l.prog, e)
	e.work += e.steps * stepWork
	if err != nil {
		return false, tocsinError(err)
	}
	ok, _ := out.(bool)
	return ok, nil
}

// tocsinError takes the machine's excerpt off an error.
func tocsinError(err error) error { return Errors{{Message: headline(parseError(err).Message)}} }

// config is expr's configuration: our functions, no environment of its own, nothing optimised away.
func config() *conf.Config {
	cfg := conf.CreateNew()
	cfg.Optimize = false
	cfg.DisableIfOperator = true
	cfg.MaxNodes = maxNodes
	delete(cfg.Builtins, "now")
	register(cfg)
	return cfg
}

// boxed is the value of a slot as the machine takes it.
func (e *Evaluator) box(slot int) any {
	b := &e.boxed[slot]
	if b.gen != e.gen {
		b.gen, b.value = e.gen, plain(e.slots[slot])
	}
	return b.value
}

// plain is a field's value as the machine takes it: nil, bool, int, float64, string or a list of these.
func plain(v tocsin.Value) any {
	switch v.Kind() {
	case tocsin.List:
		var list []any
		for _, item := range items(v) {
			if p := plain(item); p != nil {
				list = append(list, p)
			}
		}
		if list == nil {
			return nil
		}
		return list
	case tocsin.Int:
		n, _ := v.Int()
		return int(n)
	case tocsin.String:
		s, _ := v.Str()
		return clip(s)
	default:
		return v.Any()
	}
}
