package decode

import "strings"

// notSpeaking are words of sentences whose one address is none of who speaks, in small letters: the program's own, one that
// it gives away, one that it turns to.
var notSpeaking = [...]string{
	"listening", " listen ", " bind", "binding", "bound to", "bound on", "nameserver", "gateway ", "netmask", "route ", "lease", "resolv", "upstream", "target", "destination", " dst", "relay",
	"started at", "server at", "serving", "interface ", "configured", "assigned", "address is", "address was", "connecting to", "connect to", "sent to", "forward", " via ", "ntp", "sync",
}

// soleAddress is the one address that a text names, where nothing says that it is another's than who speaks; "" for none,
// and for more than one.
func soleAddress(m, small string) string {
	if saysAny(small, notSpeaking[:]...) {
		return ""
	}
	sole, before := "", ""
	for word := range strings.FieldsFuncSeq(m, betweenParts) {
		address := addressIn(word)
		switch {
		case address == "" || address == sole || address == "0.0.0.0" || address == "::":
		case sole != "" || numbersVersion(before):
			return ""
		default:
			sole = address
		}
		before = word
	}
	return sole
}

// betweenParts reports whether a character parts the words among which [soleAddress] looks.
func betweenParts(r rune) bool {
	return r <= ' ' || strings.ContainsRune(",;()<>{}='\"|`", r)
}

// numbersVersion reports whether what follows a word is the number of a version, which may look like an address.
func numbersVersion(word string) bool {
	switch strings.ToLower(strings.TrimRight(word, ":.")) {
	case "version", "ver", "v", "release", "build", "firmware", "revision", "to":
		return true
	}
	return false
}

// addressIn is the address that a word is but for brackets, its port, a user before it ("alice@192.0.2.9", "alice/192.0.2.9:50100")
// or a label ("from:192.0.2.9"); "" for none, and for what is a network or a part of a URL.
func addressIn(word string) string {
	if len(word) < len("::1") || strings.Contains(word, "://") {
		return ""
	}
	if at := strings.LastIndexByte(word, '@'); at >= 0 {
		word = word[at+1:]
	}
	if head, tail, ok := strings.Cut(word, "/"); ok {
		if leadingAddress(head) != "" { // a network, or a port behind the address
			if _, short := digits(tail, 1, 2); short {
				return ""
			}
			word = head
		} else if word = tail; strings.IndexByte(word, '/') >= 0 {
			return ""
		}
	}
	if address := leadingAddress(word); address != "" {
		return address
	}
	if at := strings.IndexByte(word, ':'); at > 0 && isLetter(word[at-1]) {
		return leadingAddress(word[at+1:])
	}
	return ""
}
