package decode

import (
	"strings"
	"time"
)

// zoneQuarters are the names of zones that mean one offset wherever they are written, in quarters of an hour: RFC 5322's, and
// those of Europe, Japan, Australia and New Zealand. IST, BST and their like mean several and are left out.
const zoneQuarters = " UTC=0 GMT=0 WET=0 WEST=4 CET=4 CEST=8 MET=4 MEST=8 EET=8 EEST=12 MSK=12 JST=36 KST=36 HKT=32 SGT=32 AEST=40 AEDT=44 ACST=38 ACDT=42 AWST=32 NZST=48 NZDT=52 EST=-20 EDT=-16 CST=-24 CDT=-20 MST=-28 MDT=-24 PST=-32 PDT=-28 AKST=-36 AKDT=-32 HST=-40 SAST=8 BRT=-12"

// zoneNamed is the offset of a zone that is called by its letters.
func zoneNamed(name string) (time.Duration, bool) {
	if len(name) < 3 || len(name) > 4 || name[0]-'A' >= 26 || name[1]-'A' >= 26 {
		return 0, false
	}
	at := strings.Index(zoneQuarters, " "+name+"=") // with the blank: WEST ends as EST does
	if at < 0 {
		return 0, false
	}
	text, _, _ := strings.Cut(zoneQuarters[at+len(name)+2:], " ")
	n, ok := digits(strings.TrimPrefix(text, "-"), 1, 2)
	if text[0] == '-' {
		n = -n
	}
	return time.Duration(n) * 15 * time.Minute, ok
}

// inNamedZone is a time without a zone in the zone whose name follows it, and what follows that.
func inNamedZone(t time.Time, rest string) (time.Time, string) {
	word := strings.TrimLeft(rest, " ")
	if len(word) > len("+0100") && (word[0] == '+' || word[0] == '-') && word[len("+0100")] == ' ' {
		if offset, ok := zone(word[:len("+0100")]); ok && !yearless(t) {
			return t.Add(-offset), word[len("+0100"):]
		}
	}
	end := 0
	for end < len(word) && word[end]-'A' < 26 {
		end++
	}
	if end == 0 || end < len(word) && word[end] != ':' && word[end] != ' ' && word[end] != ']' && word[end] != ')' {
		return t, rest
	}
	offset, ok := zoneNamed(word[:end])
	if !ok || yearless(t) && t.Add(-offset).Year() != 0 { // a time without a year stays in its year
		return t, rest
	}
	return t.Add(-offset), strings.TrimPrefix(word[end:], ":")
}
