package sinks

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tocsin"
)

// An Order is how a listing of incidents is sorted: by a word, if any, then by a time, then ascending by id.
type Order struct {
	Name     string // of the listing, in cursors
	Rank     string // one of [Ranks], or ""
	Time     string // one of [Times]
	RankDown bool   // descending by the word
	TimeUp   bool   // the earliest first
}

// Ranks are the words that incidents can be sorted by.
func Ranks() []string {
	return []string{"priority", "status", "category", "platform", "assignee", "coordinator", "disposition", "number", "title"}
}

// Times are the times that incidents can be sorted by.
func Times() []string { return []string{"opened", "updated", "last", "status_since", "due"} }

// IncidentOrder is what a query's Sort and Order ask for. The error wraps [ErrQuery].
func IncidentOrder(q *tocsin.Query) (Order, error) {
	o := Order{Name: "incidents " + q.Sort + " " + q.Order, Time: "opened"}
	down := q.Order == "desc"
	switch {
	case q.Order != "" && q.Order != "asc" && !down:
		return o, fmt.Errorf("order %.40q, want asc or desc: %w", q.Order, ErrQuery)
	case q.Sort == "", slices.Contains(Times(), q.Sort):
		if q.Sort != "" {
			o.Time = q.Sort
		}
		o.TimeUp = q.Order == "asc" || q.Order == "" && q.Sort == "due"
	case slices.Contains(Ranks(), q.Sort):
		o.Rank, o.RankDown = q.Sort, down
		if q.Sort == "priority" {
			o.Time, o.TimeUp = "due", true
		}
	default:
		return o, fmt.Errorf("sort %.40q, want one of %s: %w", q.Sort, strings.Join(append(Times(), Ranks()...), ", "), ErrQuery)
	}
	return o, nil
}

// Key is the place of an incident in the listing.
func (o Order) Key(i *tocsin.Incident) Key {
	k := Key{At: TimeOf(o.Time, i), ID: i.ID}
	if o.Rank != "" {
		k.Rank = RankOf(o.Rank, i)
	}
	return k
}

// Compare orders keys as the listing does.
func (o Order) Compare(a, b Key) int {
	if c := strings.Compare(a.Rank, b.Rank); c != 0 {
		return sign(c, o.RankDown)
	}
	switch {
	case a.At < b.At:
		return sign(-1, !o.TimeUp)
	case a.At > b.At:
		return sign(1, !o.TimeUp)
	}
	return strings.Compare(a.ID, b.ID)
}

func sign(c int, turned bool) int {
	if turned {
		return -c
	}
	return c
}

// rankLetters bounds the words that are sorted by: more does not fit into a cursor.
const rankLetters = 100

// RankOf is an incident's word, as it is sorted by: status in the order of the lifecycle, titles without their case.
func RankOf(field string, i *tocsin.Incident) string {
	var word string
	switch field {
	case "priority":
		word = i.Priority
	case "status":
		at := slices.Index(append(tocsin.Stages(), tocsin.Rejected, tocsin.MergedIncident), i.Status)
		word = fmt.Sprintf("%02d %s", at+1, i.Status)
	case "category":
		word = i.Category
	case "platform":
		word = i.Platform
	case "assignee":
		word = i.Assignee
	case "coordinator":
		word = i.Coordinator
	case "disposition":
		word = i.Disposition
	case "number":
		word = i.Number
	case "title":
		word = strings.ToLower(i.Title)
	}
	if len(word) <= rankLetters && utf8.ValidString(word) {
		return word
	}
	letters := []rune(strings.ToValidUTF8(word, "\uFFFD"))
	return string(letters[:min(len(letters), rankLetters)])
}

// TimeOf is an incident's time, as it is sorted by.
func TimeOf(field string, i *tocsin.Incident) int64 {
	switch field {
	case "updated":
		return Nanos(Updated(i))
	case "last":
		return Nanos(i.Last)
	case "status_since":
		return Nanos(i.StatusSince)
	case "due":
		return Due(i)
	default:
		return Nanos(i.Opened)
	}
}

// Due is when the next of an incident's targets is or was due that is not decided; the end of time where none is. The
// least time left at any moment is the earliest due.
func Due(i *tocsin.Incident) int64 {
	due := int64(math.MaxInt64)
	if !i.Status.IsOpen() {
		return due
	}
	for _, t := range i.Targets {
		if t.Met == nil || !*t.Met && t.BreachedS == 0 { // late and still not done
			due = min(due, Nanos(t.Due))
		}
	}
	return due
}

// Breached reports whether a target of the incident was missed.
func Breached(i *tocsin.Incident) bool {
	for _, t := range i.Targets {
		if t.Met != nil && !*t.Met {
			return true
		}
	}
	return false
}

// Words are what a text is found by: its runs of letters and digits without their case, each once, at most 100 of at
// most 100 letters.
func Words(text string) []string {
	var words []string
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if letters := []rune(word); len(letters) > rankLetters {
			word = string(letters[:rankLetters])
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
		if len(words) == rankLetters {
			break
		}
	}
	return words
}

// SortedIncident are the fields that incidents are sorted by, as stores keep them.
func SortedIncident(i *tocsin.Incident) map[string]any {
	all := map[string]any{}
	for _, field := range Ranks() {
		all[field] = RankOf(field, i)
	}
	for _, field := range Times() {
		all[field] = TimeOf(field, i)
	}
	return all
}
