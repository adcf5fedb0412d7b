package decode

import (
	"slices"
	"strings"
)

// Names that products put words of their own before: "meta_hostname", "PanOSEndpointDeviceName", "actor_process_command_line".
// What is left of a name without its first words is looked up where all of it is not known.

// strongWords are words that say enough alone, at the end of a name without separators too.
var strongWords = [...]string{"hostname", "username", "processname", "processpid", "commandline", "cmdline", "agentname", "devicename", "machinename", "computername"}

// awayWords are words that say that a name is of somebody else than who acts, or of something else than it seems.
const awayWords = " parent grandparent grand old previous prev last count num number total is has target targets tgt dest destination dst remote peer server nat translated original request requested response resolved "

// nameWords are the words of a path's last parts, in small letters: they end at separators, and where a capital follows a
// small letter.
func nameWords(path string, parts int) []string {
	from := 0
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			if parts--; parts == 0 {
				from = i + 1
				break
			}
		}
	}
	path = path[from:]
	var words []string
	start := 0
	end := func(at int) {
		if at > start {
			words = append(words, strings.ToLower(path[start:at]))
		}
	}
	for i := range len(path) {
		switch c := path[i]; {
		case c == '.' || c == '_' || c == '-' || c == ' ' || c == '@':
			end(i)
			start = i + 1
		case i > start && c-'A' < 26 && (path[i-1]-'A' >= 26 || i+1 < len(path) && path[i+1]-'a' < 26):
			end(i)
			start = i
		}
	}
	end(len(path))
	return words
}

// ending is what the end of a name may be, where all of it is not known: false for nothing.
func (g *guesser) ending(n string) (w guessWord, dropped int, ok bool) {
	const most = 8 // words of a name
	words := nameWords(n, 2)
	if len(words) > most {
		words = words[len(words)-most:]
	}
	for i := 1; i < len(words); i++ {
		if strings.Contains(awayWords, " "+words[i-1]+" ") {
			return guessWord{}, 0, false // what follows is of another
		}
		word := strings.Join(words[i:], "")
		if len(words)-i < 2 && !slices.Contains(strongWords[:], word) {
			break
		}
		if w, ok := g.words[word]; ok && !w.whole {
			return w, i, true
		}
	}
	last := ""
	if len(words) > 0 {
		last = words[len(words)-1]
	}
	for _, s := range strongWords {
		if head, ok := strings.CutSuffix(last, s); ok && head != "" {
			for away := range strings.FieldsSeq(awayWords) {
				if strings.HasSuffix(head, away) {
					return guessWord{}, 0, false
				}
			}
			w, ok := g.words[s]
			return w, 1, ok
		}
	}
	return guessWord{}, 0, false
}

// passing are words of names that are times, but not of what the record is about.
var passing = [...]string{"expir", "valid", "update", "modif", "uptime", "runtime", "duration", "elapsed", "timeout", "lifetime", "delay", "birth", "install", "boot", "build", "sign", "release", "latest", "until", "next", "process", "file", "cert", "password", "ago", "zone", "offset", "average", "request", "response", "total", "interval", "backend", "connect", "upstream", "ingest", "receiv", "insert", "last", "due"}

// timeLike reports whether a name ends as names of times do.
func timeLike(path string) bool {
	words := nameWords(path, 1)
	if len(words) == 0 {
		return false
	}
	small := strings.Join(words, "")
	for _, w := range passing {
		if strings.Contains(small, w) {
			return false
		}
	}
	for _, end := range [...]string{"timestamp", "datetime", "time", "date", "timeutc", "timelocal", "epoch", "epochms"} {
		if strings.HasSuffix(small, end) {
			return true
		}
	}
	last := words[len(words)-1]
	return strings.HasPrefix(last, "occur") || len(words) > 1 && (last == "at" || last == "ts" || last == "utc")
}
