package decode

import "tocsin"

// A scale is what a source's numbers of gravity mean. event.severity is the source's own number, as ECS has it;
// tocsin.severity is what it is of 100, the same for all sources, so that a rule may ask for one number.
type scale uint8

const (
	noScale   scale = iota
	hundred         // 0 to 100, or one of the words that levelOf knows
	ofTen           // 0 to 10: CEF, LEEF
	ofFifteen       // 0 to 15: Wazuh
	oneFirst        // 1 is the highest of 4: Suricata, Snort
	ofOCSF          // 1 to 6, 0 and 99 for none
	ofSyslog        // 0 is the highest of 8
)

// of is the number from 0 to 100 that n is on the scale; false for one that is not on it.
func (s scale) of(n int64) (int64, bool) {
	switch s {
	case hundred:
		return n, n >= 0 && n <= 100
	case ofTen:
		return n * 10, n >= 0 && n <= 10
	case ofFifteen:
		return (n*100 + 7) / 15, n >= 0 && n <= 15
	case oneFirst:
		return pick(n-1, 99, 73, 47, 21)
	case ofOCSF:
		return pick(n-1, 1, 21, 47, 73, 99, 99)
	case ofSyslog:
		return pick(n, 99, 99, 99, 73, 47, 21, 1, 1)
	}
	return 0, false
}

func pick(at int64, of ...int64) (int64, bool) {
	if at < 0 || at >= int64(len(of)) {
		return 0, false
	}
	return of[at], true
}

// weigh sets tocsin.severity from event.severity.
func (o *output) weigh() {
	if o.scale == noScale || o.given.outRecord != o.record || o.grade.outRecord == o.record {
		return
	}
	if n, ok := o.leaves[o.given.outAt].Value.Int(); ok {
		if of100, ok := o.scale.of(n); ok {
			o.place(o.grade, tocsin.IntValue(of100))
		}
	}
}

// word sets tocsin.severity from a word of gravity; a number is left to the scale.
func (o *output) word(s string) {
	if s != "" && (s[0] < '0' || s[0] > '9') {
		o.set(o.grade, levelOf(o.lower(s)))
	}
}
