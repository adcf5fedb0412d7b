package decode

import (
	"strings"
	"time"
)

// gravityWords are what programs write for the gravity of a line: no host bears such a name.
var gravityWords = [...]string{"trace", "debug", "info", "notice", "warn", "warning", "error", "err", "critical", "crit", "alert", "fatal", "severe"}

func isGravity(word string) bool {
	const shortest, longest = len("err"), len("critical")
	if word = strings.Trim(word, "[]():|"); len(word) < shortest || len(word) > longest {
		return false
	}
	for _, w := range gravityWords {
		if len(w) == len(word) && w[0] == word[0]|0x20 && strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// programTime reads the time of a line that a program begins with the line's gravity, with something in brackets, or
// with both: "(W) 2026-03-01T10:00:00 - ", "[ERROR|auth] 2026-03-01 10:00:00: ", "INFO     2026-03-01 10:00:00 - ".
func programTime(s string) (at time.Time, rest string, ok bool) {
	for range 3 {
		word, after, more := strings.Cut(s, " ")
		if !more || len(word) > 64 || !isGravity(word) && !inBrackets(strings.TrimSuffix(word, ":")) {
			return time.Time{}, "", false
		}
		s = strings.TrimLeft(after, " -")
		if at, rest, ok = leadingTime(s); !ok {
			at, rest, ok = bracketedTime(s)
		}
		if ok && !yearless(at) {
			return at, strings.TrimLeft(rest, " :-"), true
		}
	}
	return time.Time{}, "", false
}

// klogTime reads how Kubernetes' own programs begin their lines: the gravity's letter, month and day, the clock, the
// thread and the place in the program: "W0301 10:00:00.123456       1 main.go:236] ".
func klogTime(s string) (at time.Time, level, rest string, ok bool) {
	const head = len("W0301 10:00:00.123456 ")
	if len(s) < head || s[5] != ' ' || s[8] != ':' || s[11] != ':' || s[14] != '.' {
		return time.Time{}, "", "", false
	}
	switch s[0] {
	case 'I':
		level = "info"
	case 'W':
		level = "warning"
	case 'E':
		level = "error"
	case 'F':
		level = "fatal"
	default:
		return time.Time{}, "", "", false
	}
	day, known := digits(s[1:5], 4, 4)
	hour, minute, second, nanos, _, clock := clockOf(s[6:head])
	place, rest, closed := strings.Cut(s[head:], "] ")
	if !known || !clock || !closed || len(place) > 96 || !strings.Contains(place, ".go:") || day/100 < 1 || day/100 > 12 {
		return time.Time{}, "", "", false
	}
	at = time.Date(0, time.Month(day/100), day%100, hour, minute, second, nanos, time.UTC)
	return at, level, rest, at.Day() == day%100
}

func inBrackets(word string) bool {
	n := len(word)
	return n > 2 && (word[0] == '[' && word[n-1] == ']' || word[0] == '(' && word[n-1] == ')')
}

// containerLine cuts off what container runtimes put before the lines of the programs that they run together:
// "shop-db-1  | ". It reports false where a line begins otherwise.
func containerLine(line string) (rest string, ok bool) {
	const most = 96 // bytes of a name with what fills it up
	end := strings.Index(line[:min(len(line), most)], " | ")
	if end <= 0 {
		return line, false
	}
	name := strings.TrimRight(line[:end], " ")
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return line, false
		}
	}
	return strings.TrimLeft(line[end+len(" | "):], " "), name != ""
}

// runtimeLine cuts off what Kubernetes' runtimes put before each line of a container: when they read it, from which of its
// two outputs, and whether it is whole: "2026-03-01T10:00:00.123456789Z stdout F ".
func runtimeLine(line string) (at time.Time, rest string, ok bool) {
	stamp, after, _ := strings.Cut(line, " ")
	if len(stamp) < len("2026-03-01T10:00:00Z") || stamp[len("2026-03-01")] != 'T' {
		return time.Time{}, line, false
	}
	for _, output := range [...]string{"stdout F ", "stderr F ", "stdout P ", "stderr P "} {
		if rest, ok = strings.CutPrefix(after, output); ok {
			at, ok = isoTime(stamp)
			return at, rest, ok
		}
	}
	return time.Time{}, line, false
}

// outputs reads lines of containers as Kubernetes keeps them.
func outputs(d *Decoder) text {
	says, message, module := d.says, d.doc.dict.name("message"), d.doc.dict.name("event.module")
	return text{
		needs: bytesOf("std "),
		claims: func(line string) bool {
			_, _, ok := runtimeLine(line)
			return ok
		},
		read: func(line string, o *output) string {
			at, body, ok := runtimeLine(line)
			if !ok {
				return "no line of a container in " + excerpt(line)
			}
			by := d.lineFormat(body, "runtime")
			switch {
			case strings.HasPrefix(body, "{"):
				d.embedded(body, o)
			case by != nil:
				if fault := by.text.read(body, o); fault != "" {
					return fault
				}
			default:
				says.text(body, o)
				o.put(message, body)
			}
			o.put(module, "container")
			if o.time.IsZero() {
				o.time = at
			}
			return ""
		},
	}
}

// container reads lines that a container runtime has put a program's name before.
func container(d *Decoder) text {
	name := d.doc.dict.name("container.name")
	inner := func(body string) *reader { return d.lineFormat(body, "container") }
	return text{
		needs: bytesOf(" |"),
		claims: func(line string) bool {
			body, ok := containerLine(line)
			if !ok || strings.HasPrefix(body, "{") {
				return ok
			}
			return inner(body) != nil
		},
		read: func(line string, o *output) string {
			body, ok := containerLine(line)
			by := inner(body)
			switch {
			case !ok:
				return "no container's name in " + excerpt(line)
			case strings.HasPrefix(body, "{"):
				d.embedded(body, o)
			case by != nil:
				if fault := by.text.read(body, o); fault != "" {
					return fault
				}
			}
			at := strings.IndexByte(line, ' ')
			o.put(name, line[:max(at, 0)])
			return ""
		},
	}
}
