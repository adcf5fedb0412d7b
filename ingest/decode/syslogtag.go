package decode

import "strings"

// facilities are the names of RFC 5424's facilities, as daemons write them.
const facilities = " kern user mail daemon auth syslog lpr news uucp cron authpriv ftp local0 local1 local2 local3 local4 local5 local6 local7 "

// numbered reports whether a line's tag has a number of a process: "apmd[14311]: ". Nothing but syslog begins so, and a
// relay may have cut off what stood before it.
func (h *header) numbered() bool {
	_, ok := digits(h.pid, 1, 10)
	return ok && h.app != "" && isLetter(h.app[0])
}

// leveled cuts off the word of gravity that stands before the tag: "notice apmd[14311]: …", "daemon.info dnsmasq[9]: …",
// "info vpxd[07879] [Originator@6876 …] …". A word that no tag with brackets follows is the sentence's own. It
// reports whether it read the tag too.
func (h *header) leveled() (tagged bool) {
	const longest = 24 // bytes of a facility and a gravity
	word, rest, ok := strings.Cut(h.message, " ")
	if !ok || len(word) > longest {
		return false
	}
	facility, level, dotted := strings.Cut(word, ".")
	if !dotted {
		level = word
	} else if !strings.Contains(facilities, " "+facility+" ") {
		return false
	}
	if !isGravity(level) || strings.ContainsAny(level, "[]():|") {
		return false
	}
	rest = strings.TrimLeft(rest, " ")
	tag, after, ok := strings.Cut(rest, " ")
	name, number, bracket := strings.Cut(strings.TrimSuffix(tag, ":"), "[")
	if !dotted && (!ok || !bracket || name == "" || !plainKey(name) || !strings.HasSuffix(number, "]")) {
		return false
	}
	h.level = strings.ToLower(level)
	if bracket && plainKey(name) && strings.HasSuffix(number, "]") {
		number, _, _ = strings.Cut(strings.TrimSuffix(number, "]"), ":") // and the thread's name
		h.app, h.pid, h.message = name, number, strings.TrimLeft(after, " ")
		return true
	}
	h.message = rest
	return false
}
