package decode

import "strings"

// facilities are the names of RFC 5424's facilities, as daemons write them.
const facilities = " kern user mail daemon auth syslog lpr news uucp cron authpriv ftp local0 local1 local2 local3 local4 local5 local6 local7 "

// numbered reports whether a line's tag has a number of a process: "apmd[14311]: ". Nothing but syslog begins so, and a
// relay may have cut off what stood before it.
func (h *header) numbered() bool {
	_, ok := digits(h.pid, 1, 10)
	return ok && h.app != "" && (isLetter(h.app[0]) || len(h.app) > 1 && h.app[0] == '/' && isLetter(h.app[1]))
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

// spacedName is how much of a text belongs to a program's name of two words, behind the first of them: "Google Chrome[4321]: ".
func spacedName(rest string) int {
	const most = 32
	open := strings.IndexByte(rest[:min(len(rest), most)], '[')
	if open < 2 || !plainKey(rest[1:open]) {
		return 0
	}
	number, after, ok := strings.Cut(rest[open+1:], "]")
	if _, whole := digits(number, 1, 10); !ok || !whole || !strings.HasPrefix(after, ":") {
		return 0
	}
	return open
}

// isTag reports whether a word is a program's name before its message: "httpd:", "sshd[4321]:".
func isTag(word string) bool {
	name, colon := strings.CutSuffix(word, ":")
	name, _, _ = strings.Cut(name, "[")
	return colon && plainKey(name)
}

// tag cuts "name[pid]: " off the message.
func (h *header) tag() {
	end := strings.IndexAny(h.message, " :[")
	if end <= 0 || end > 128 || h.message[0] == '{' { // an object of JSON has no name before it
		return
	}
	if h.message[end] == ' ' {
		end += spacedName(h.message[end:])
	}
	name, rest := h.message[:end], h.message[end:]
	if head, address, ok := strings.Cut(name, "/"); ok && head != "" && isAddress(address) { // a tunnel's user
		return
	}
	if strings.IndexByte(name, '=') >= 0 || name[0] == '%' { // a pair, in whose value the colon stands; the number of Cisco's message
		return
	}
	if name[0]-'0' < 10 && (strings.IndexByte(name, '/') > 0 || isAddress(name)) { // a day, or who spoke
		return
	}
	if name[0] == '(' && len(name) > 2 {
		if name[1]-'0' < 10 { // a time
			return
		}
		name = strings.TrimSuffix(name[1:], ")") // a program's child
	}
	pid := ""
	if rest[0] == '[' {
		stop := strings.IndexByte(rest, ']')
		if stop < 0 {
			return
		}
		pid, rest = rest[1:stop], rest[stop+1:]
	}
	after, ok := strings.CutPrefix(rest, ":")
	if !ok && pid == "" {
		return
	}
	h.app, h.pid, h.message = name, pid, strings.TrimLeft(after, " ")
}
