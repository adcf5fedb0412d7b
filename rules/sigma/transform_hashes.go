package sigma

import (
	"slices"
	"strings"

	"tocsin/internal/expression"
)

// algorithmOf is the algorithm of a hash by its length.
var algorithmOf = map[int]string{32: "MD5", 40: "SHA1", 64: "SHA256", 128: "SHA512"}

// hashesFields makes of an item over several hashes in one field, as Sysmon writes them, items over a field for each
// algorithm. A value whose algorithm the pipeline does not name is refused: without it the rule would mean less.
func hashesFields(p *params) func(*run, *step) error {
	var algorithms []string
	if n := p.take("valid_hash_algos"); n != nil {
		for _, a := range texts(n) {
			algorithms = append(algorithms, strings.ToUpper(a))
		}
	}
	if len(algorithms) == 0 {
		p.fault(p.node, "add valid_hash_algos: [MD5, SHA1, SHA256]", "transformation hashes_fields lacks valid_hash_algos")
	}
	fields := []string{"Hashes", "Hash"}
	if n := p.take("field_to_parse"); n != nil {
		fields = texts(n)
	}
	prefix, drop := p.text("field_prefix"), p.flag("drop_algo_prefix")
	return func(r *run, s *step) error {
		return r.eachItem(s, func(it *item) (*detection, error) {
			if !slices.Contains(fields, it.field) || len(it.values) == 0 || slices.ContainsFunc(it.values, func(v value) bool { return v.kind != isText || len(v.forms) != 1 }) {
				return &detection{item: it}, nil
			}
			out := &detection{any: !it.all}
			for _, v := range it.values {
				algorithm, hash := hashOf(spelled(v.forms[0]))
				if !slices.Contains(algorithms, algorithm) {
					return nil, wrong("add its algorithm to valid_hash_algos", "%s: %q is no hash of %s", it.name, raw(v), strings.Join(algorithms, ", "))
				}
				one := *it
				if one.field = prefix + algorithm; drop {
					one.field = prefix
				}
				one.final, one.negate = true, false
				one.values = []value{{forms: []expression.Glob{glob(hash)}, exact: v.exact}}
				r.change(s, &one)
				out.kids = append(out.kids, &detection{item: &one})
			}
			if it.negate {
				for _, k := range out.kids { // none of them, or with all not each of them
					k.item.negate = true
				}
				out.any = !out.any
			}
			return out, nil
		})
	}
}

// hashOf takes MD5=…, or a hash of which the length says what it is, apart.
func hashOf(s string) (algorithm, hash string) {
	separator := "="
	if strings.Contains(s, "|") {
		separator = "|"
	}
	if before, after, found := strings.Cut(s, separator); found {
		return strings.ToUpper(strings.TrimLeft(before, "*")), strings.Trim(after, "*?")
	}
	hash = strings.Trim(s, "*?")
	return algorithmOf[len(hash)], hash
}
