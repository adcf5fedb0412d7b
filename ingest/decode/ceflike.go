package decode

import (
	"strings"

	"tocsin"
)

// Keys of CEF and LEEF that are in neither's dictionary, and what labels call the numbered ones: where they say what other
// products' names say, they count where nothing else does.

// guessed is the field that a term may be by its label or its key, nil for none. It is found out once.
func (c *cefReader) guessed(k *cefTerm) *name {
	label := c.said(k.label)
	if k.asked && label == k.askedAs {
		return k.maybe
	}
	k.asked, k.askedAs = true, strings.Clone(label)
	if label == "" {
		label = k.key
	}
	k.maybe = c.guess.key(label)
	return k.maybe
}

// likely sets what the record's keys say in other products' words.
func (c *cefReader) likely(o *output) {
	for _, k := range c.order {
		if k.to != nil || k.title || k.fixed {
			continue
		}
		to := c.guessed(k)
		if to == c.rule && o.has(c.rule) { // the header's name is what happened, this the rule that says what was done about it
			to = c.ruleset
		}
		if to == c.ruleset && to != nil && !saysNothing(k.value) {
			o.put(to, strings.Trim(k.value, `"`))
			continue
		}
		if to != nil && !o.has(to) && !strings.HasPrefix(to.text, "rule") && !strings.HasPrefix(to.text, "event") && !saysNothing(k.value) {
			c.guess.set(to, tocsin.StringValue(strings.Trim(k.value, `"`)), o)
		}
	}
	if rule := o.text(c.ruleset); rule != "" && lowerWord(o.text(c.rule)) { // "end", "deny": the sort of event is no rule
		o.leaves[c.rule.outAt].Value = o.value(c.ruleset)
	}
	c.sentence(o)
	for i, side := range c.sides { // an end whose name is its address
		if text := o.text(side.host); !o.has(side.ip) && isAddress(text) {
			o.address(side.ip, nil, text)
		} else if i == 0 && !o.has(side.ip) && !o.has(c.sides[1].ip) {
			for _, said := range [...]*name{c.message, c.rule} {
				if text := o.text(said); mayAddress(text) {
					c.ends.read(text, o)
				}
			}
		}
	}
}

// sentence reads who did something from where in the words of the message, where no key says it.
func (c *cefReader) sentence(o *output) {
	text := o.text(c.message)
	if len(text) == 0 || len(text) > maxSaid || o.has(c.sides[0].ip) || !maySpeak(text) && !strings.HasPrefix(text, "DHCP") {
		return
	}
	if address := portAfter(text); address != "" {
		o.address(c.sides[0].ip, nil, address)
	}
	small := o.lower(text)
	c.logins.plain(text, o)
	if !o.has(c.sourceUser) && !o.has(c.destUser) {
		o.put(c.user, spokenUser(text, small))
	}
}

// lowerWord reports whether a text is one word of small letters.
func lowerWord(s string) bool {
	for i := range len(s) {
		if s[i]-'a' > 25 {
			return false
		}
	}
	return s != ""
}
