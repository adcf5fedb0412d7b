package decode

import "strings"

// mnemonics are words of the names that devices give their messages, and what such a message is about.
const mnemonics = `
	malware             malware virus_ trojan ransom spyware host_infected secintel antispam content_filtering_blocked url_blocked
	intrusion_detection attack intrusion exploit rt_screen idp_
	authentication      authentic login logon ui_auth_
	configuration       config ui_commit ui_cmdline
	session             session`

// A mnemonicReader reads a device's name for its message: "RT_IDP - IDP_ATTACK_LOG_EVENT", "CISE_Failed_Attempts". It keeps
// the last answer: a source has few names.
type mnemonicReader struct {
	words                          [][2]string // a category and one of its words
	kind, category, types, outcome *name
	of, sort, result               string // the last name, what it tells and how that ended
}

func newMnemonics(d *dictionary) *mnemonicReader {
	r := &mnemonicReader{kind: d.name("event.kind"), category: d.name("event.category"), types: d.name("event.type"), outcome: d.name("event.outcome")}
	for line := range strings.Lines(mnemonics) {
		words := strings.Fields(line)
		for i := 1; i < len(words); i++ {
			r.words = append(r.words, [2]string{words[0], words[i]})
		}
	}
	return r
}

// alarm sets that a name tells of malware or an attack.
func (r *mnemonicReader) alarm(h header, o *output) {
	if !r.known(h) || r.sort != "malware" && r.sort != "intrusion_detection" {
		return
	}
	o.put(r.kind, "alert")
	o.keep(r.category, listOf(r.sort+",network")) // devices that name their messages so are of the network
	o.put(r.types, "info")
}

// read sets what sort of event the name tells. What tells of malware or an attack is an alert.
func (r *mnemonicReader) read(h header, o *output) {
	if !r.known(h) {
		return
	}
	switch r.sort {
	case "":
		return
	case "malware", "intrusion_detection":
		o.put(r.kind, "alert")
	case "authentication":
		if !o.has(r.category) {
			o.put(r.types, "start")
			o.put(r.outcome, r.result)
		}
	}
	if !o.has(r.category) {
		o.put(r.category, r.sort)
		o.put(r.types, "info")
	}
}

// known finds the name of a message and what it tells, and reports whether the message has one.
func (r *mnemonicReader) known(h header) bool {
	const longest = 128
	name := h.msgid
	if name == "" {
		if name, _, _ = strings.Cut(h.message, " "); strings.IndexByte(name, '_') < 0 || strings.ContainsAny(name, "=/.@{[(<") {
			return false
		}
	}
	if name = strings.TrimSuffix(name, ":"); len(name) > longest {
		return false
	}
	if name != r.of {
		r.tell(strings.Clone(name))
	}
	return true
}

// tell finds out what a name tells.
func (r *mnemonicReader) tell(name string) {
	small := strings.ToLower(name)
	r.of, r.sort, r.result = name, "", ""
	for _, w := range r.words {
		if strings.Contains(small, w[1]) {
			r.sort, r.result = w[0], loginResult(small)
			return
		}
	}
}
