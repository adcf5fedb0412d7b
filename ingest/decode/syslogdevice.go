package decode

import "strings"

// numberedTime reads the time of a line that a device begins with the line's number, its own name or both, and with the task
// that speaks: "45: Mar  1 10:00:00.123: ", "45: gw-1: 46: *Mar  1 2026 10:00:00 CET: ", "wlc-1: *emWeb: Mar  1 10:00:00.123: ".
// It sets the time, the host, the task and the message.
func (h *header) numberedTime(s string) bool {
	const most, words = 64, 4 // bytes of a word; words
	host, task, number := "", "", false
	for i := range words {
		bare, starred := cutMark(s)
		if i > 0 || starred {
			if at, rest, ok := leadingTime(bare); ok {
				h.time, h.message = at, strings.TrimLeft(rest, ": ")
				if h.host == "" {
					h.host = host
				}
				if task != "" {
					h.app = task
				}
				return true
			}
		}
		word, _, more := strings.Cut(bare[:min(len(bare), most)], ": ")
		if !more {
			return false
		}
		_, digit := digits(word, 1, 12)
		switch {
		case digit || word == "":
			number = true
		case starred && task == "" && deviceTask(word):
			task = word
		case host == "" && (i == 0 || number) && deviceName(word):
			host = word
		default:
			return false
		}
		s = bare[len(word)+2:]
	}
	return false
}

// cutMark is a text without the blanks that it begins with and the mark of a clock that is not set, or of a task.
func cutMark(s string) (bare string, starred bool) {
	s = strings.TrimLeft(s, " ")
	if s != "" && (s[0] == '*' || s[0] == '.') {
		return strings.TrimLeft(s[1:], " *."), true
	}
	return s, false
}

// deviceName reports whether a word may be what a device calls itself: a name, an address, an access point's number.
func deviceName(word string) bool {
	return plainKey(word) || plainKey(strings.ReplaceAll(word, ":", ".")) && strings.IndexByte(word, '.') >= 0 || isAddress(word)
}

// deviceTask reports whether a word may be a task's name, which may have blanks: "SISF BT Process".
func deviceTask(word string) bool { return plainKey(strings.ReplaceAll(word, " ", "_")) }

// ownTime takes the time that a device wrote itself behind the line's number, where a relay put another one before it:
// "Mar  1 10:00:01 gw-1 4711: Mar  1 10:00:00.123: %SYS-…".
func (h *header) ownTime() {
	m := h.message
	if m == "" || m[0]-'0' > 9 && !isLetter(m[0]) {
		return
	}
	word, _, ok := strings.Cut(m[:min(len(m), 64)], ": ")
	if _, number := digits(word, 1, 12); !ok || !number && (!plainKey(word) || !numberNext(m[len(word)+2:])) {
		return
	}
	own := header{host: h.host}
	if own.numberedTime(m) && (!yearless(own.time) || yearless(h.time)) {
		h.time, h.host, h.message = own.time, own.host, own.message
	}
}

// numberNext reports whether a text begins with a line's number.
func numberNext(s string) bool {
	word, _, ok := strings.Cut(s[:min(len(s), 16)], ": ")
	_, number := digits(word, 1, 12)
	return ok && number
}
