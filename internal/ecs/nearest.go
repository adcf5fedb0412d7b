package ecs

import (
	"cmp"
	"slices"
	"strings"
)

// Nearest returns the up to three names of the table that a person who wrote name most likely meant, the likeliest
// first, nothing where none is near. Besides typing errors it sees a missing or a different first part: "src.ip" or
// "ip" for source.ip.
func Nearest(name string) []string {
	type candidate struct {
		name string
		cost int
	}
	name = strings.ToLower(name)
	limit := max(1, len(name)/4)
	var found []candidate
	if meant, ok := aliases[name]; ok {
		found = append(found, candidate{meant, -1})
	}
	row := make([]int, 0, 64)
	for _, known := range table().names {
		cost := limit + 1
		if d := len(known) - len(name); d <= limit && -d <= limit {
			cost = distance(name, known, limit, row)
		}
		if _, tail, ok := strings.Cut(known, "."); ok && cost > 1 {
			cost = min(cost, tailCost(name, tail)+strings.Count(tail, ".")*2)
		}
		if cost <= limit && known != name {
			found = append(found, candidate{known, cost})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
	names := make([]string, 0, 3)
	for _, c := range found {
		if len(names) == 3 {
			break
		}
		if !slices.Contains(names, c.name) {
			names = append(names, c.name)
		}
	}
	return names
}

// tailCost is the cost of having left out or misnamed the first part of a name; tail is the known name without it.
func tailCost(name, tail string) int {
	_, rest, dotted := strings.Cut(name, ".")
	switch {
	case name == tail:
		return 1
	case dotted && rest == tail:
		return 2
	default:
		return len(name) + 1
	}
}

// aliases are names that people bring from other schemas.
var aliases = map[string]string{
	"src.ip": "source.ip", "src_ip": "source.ip", "srcip": "source.ip", "ip.src": "source.ip", "sourceip": "source.ip",
	"dst.ip": "destination.ip", "dst_ip": "destination.ip", "dest_ip": "destination.ip", "dstip": "destination.ip", "dest.ip": "destination.ip",
	"src.port": "source.port", "src_port": "source.port", "dst.port": "destination.port", "dest_port": "destination.port", "dst_port": "destination.port",
	"user": "user.name", "username": "user.name", "host": "host.name", "hostname": "host.name", "computer": "host.name",
	"commandline": "process.command_line", "command_line": "process.command_line", "process.commandline": "process.command_line", "process.cmdline": "process.command_line",
	"image": "process.executable", "parentimage": "process.parent.executable", "process.path": "process.executable",
	"targetfilename": "file.path", "filename": "file.name", "targetobject": "registry.path",
	"eventid": "event.code", "event_id": "event.code", "event.id": "event.code", "severity": "event.severity", "level": "log.level",
	"signature": "rule.name", "rule": "rule.name", "url": "url.original", "query": "dns.question.name", "time": "@timestamp", "timestamp": "@timestamp",
}

// distance is the number of letters to insert, leave out, change or swap with their neighbour to make b of a, limit+1
// where it is more than limit. Swaps count one.
func distance(a, b string, limit int, row []int) int {
	width := len(b) + 1
	row = append(row[:0], make([]int, 3*width)...)
	before, last, now := row[:width], row[width:2*width], row[2*width:]
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		now[0] = i + 1
		best := now[0]
		for j := range len(b) {
			cost := last[j]
			if a[i] != b[j] {
				cost = 1 + min(last[j], last[j+1], now[j])
				if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
					cost = min(cost, before[j-1]+1)
				}
			}
			now[j+1] = cost
			best = min(best, cost)
		}
		if best > limit {
			return limit + 1
		}
		before, last, now = last, now, before
	}
	return last[len(b)]
}
