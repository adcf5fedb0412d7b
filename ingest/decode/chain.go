package decode

import "strings"

// chain sets what stands before a packet that a filter tells of, as EdgeOS and UniFi write it: "[WAN_LOCAL-2000-D]", the set
// of rules, the rule in it and its verdict.
func (p *pairReader) chain(m string, o *output) {
	_, inside, _ := strings.Cut(m, "[")
	inside, rest, ok := strings.Cut(inside, "]")
	if !ok || !strings.HasPrefix(strings.TrimLeft(rest, " "), "IN=") {
		return
	}
	set, verdict, _ := cutLast(inside, '-')
	set, rule, numbered := cutLast(set, '-')
	word := map[string]string{"A": "accept", "D": "drop", "R": "reject"}[verdict]
	if word == "" || !numbered {
		return
	}
	o.put(p.action, word)
	o.put(p.ruleset, set)
	o.put(p.ruleID, rule)
}

// cutLast is strings.Cut at the last of the separators.
func cutLast(s string, between byte) (before, after string, ok bool) {
	at := strings.LastIndexByte(s, between)
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+1:], true
}
