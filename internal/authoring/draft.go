package authoring

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"tocsin"
	"tocsin/rules"
)

// mostDrafted bounds the pairs of one event that a draft names.
const mostDrafted = 20

// A Cause is why an exception is drafted.
type Cause struct {
	Of      string // what it was drafted of, in words
	Reason  string
	Owner   string
	Expires time.Time
}

// CauseOf is an incident that was no cause for concern.
func CauseOf(i *tocsin.Incident) Cause {
	closed := cmp.Or(i.Disposition, "…")
	return Cause{
		Of: i.Number + ", " + cmp.Or(i.Disposition, "not closed yet"), Reason: i.Number + " was closed as " + closed,
		Owner: cmp.Or(i.Coordinator, "…"), Expires: i.StatusSince.Add(tocsin.FeedbackFor),
	}
}

// Exceptions is the text of a file of exceptions that would have kept events away, one for each of their rules: to be
// read, narrowed and put below exceptions/ by a person.
func Exceptions(c Cause, events []tocsin.Event) string {
	conditions := map[string][]string{}
	var order []string
	for k := range events {
		e := &events[k]
		when := conditionOf(e)
		if when == "" {
			continue
		}
		if !slices.Contains(order, e.Rule.ID) {
			order = append(order, e.Rule.ID)
		}
		if !slices.Contains(conditions[e.Rule.ID], when) {
			conditions[e.Rule.ID] = append(conditions[e.Rule.ID], when)
		}
	}
	if len(order) == 0 {
		return "# nothing tells its events from others: no exception can be drafted\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Drafted from %s. Read and narrow it: what it hides is seen by nobody, only counted.\n", clean(c.Of))
	for _, rule := range order {
		fmt.Fprintf(&b, "- rule: %s\n  when: %s\n  reason: %s\n  owner: %s\n  expires: %s\n", rule, yamlText(strings.Join(conditions[rule], " or ")),
			yamlText(c.Reason), yamlText(c.Owner), c.Expires.UTC().Format(time.DateOnly))
	}
	return b.String()
}

// conditionOf is what tells an event's alerts from others: the pairs of kind novelty, else its group.
func conditionOf(e *tocsin.Event) string {
	var parts []string
	if e.Novelty != nil {
		for _, m := range e.Novelty.Members {
			pair := fmt.Sprintf("(rule.name == %s and %s)", strconv.Quote(m.Rule), hostCondition(e, m.Host))
			if len(parts) < mostDrafted && !slices.Contains(parts, pair) {
				parts = append(parts, pair)
			}
		}
		return strings.Join(parts, " or ")
	}
	for _, g := range e.Group {
		switch g.Value.Kind() {
		case tocsin.Null, tocsin.Absent, tocsin.List:
		case tocsin.String:
			parts = append(parts, g.Field+" == "+strconv.Quote(g.Value.Text()))
		default:
			parts = append(parts, g.Field+" == "+g.Value.Text())
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, " and ") + ")"
}

// hostCondition is by which fields alerts name a host of kind novelty: those that name it among the event's entities, where
// it is not the attacker, else those that name hosts unless a rule says otherwise.
func hostCondition(e *tocsin.Event, host string) string {
	var parts []string
	for _, n := range e.Entities {
		if is := n.Field + " == " + strconv.Quote(host); n.Value == host && n.Role != "attacker" && !slices.Contains(parts, is) {
			parts = append(parts, is)
		}
	}
	if len(parts) == 0 {
		parts = []string{"host.name == " + strconv.Quote(host)}
		if _, err := netip.ParseAddr(host); err == nil {
			parts = append(parts, "destination.ip == "+strconv.Quote(host))
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, " or ") + ")"
}

// yamlText is a text as a quoted scalar of YAML.
func yamlText(s string) string { return "'" + strings.ReplaceAll(clean(s), "'", "''") + "'" }

// clean writes characters that show nothing, or break a line, as escapes.
func clean(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == ' ' || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRuneToASCII(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// ErrNoCopy says that a rule cannot be copied by its text.
var ErrNoCopy = errors.New("no shadow copy can be drafted")

var topKey = regexp.MustCompile(`^(id|title|status):(\s.*)?$`)

// ShadowCopy is the text of a copy of a rule with an id of its own and the status shadow: it runs beside the rule, is
// stored and is never promoted, so that a change can be tried on it. The rest of the text stays as it was written.
func ShadowCopy(set *rules.Set, rule *rules.Rule) (string, error) {
	if rule.Sigma {
		return "", fmt.Errorf("%w: Sigma knows no such status; `tocsin rules import` writes it as a rule of ours, which can be copied", ErrNoCopy)
	}
	text, ok := Text(set, rule)
	if !ok || !strings.HasPrefix(text, "id:") && !strings.Contains(text, "\nid:") {
		return "", fmt.Errorf("%w: the rule does not begin at the start of a line of %s", ErrNoCopy, rule.File)
	}
	id := freeID(set, rule)
	var out []string
	status, replaced := false, false
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		if replaced && (strings.HasPrefix(line, " ") || strings.TrimSpace(line) == "") {
			continue // the rest of a value that was replaced
		}
		key := topKey.FindStringSubmatch(line)
		replaced = key != nil
		switch {
		case key == nil:
			out = append(out, line)
		case key[1] == "id":
			out = append(out, "id: "+id)
		case key[1] == "status":
			status = true
			out = append(out, "status: "+rules.Shadow)
		default:
			out = append(out, "title: "+yamlText(rule.Title+" (shadow copy)"))
		}
	}
	if !status {
		out = append(out, "status: "+rules.Shadow)
	}
	return "# A copy of " + rule.ID + " " + rule.Version + ": it runs beside that one and is never promoted.\n" + strings.Join(out, "\n") + "\n", nil
}

// freeID is an id that follows from the rule, and that no rule of the set has.
func freeID(set *rules.Set, rule *rules.Rule) string {
	for n := 0; ; n++ {
		sum := sha256.Sum256([]byte("shadow copy " + strconv.Itoa(n) + " of " + rule.ID))
		sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a uuid of version 8 (RFC 9562, 5.8)
		h := hex.EncodeToString(sum[:16])
		id := h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
		if set.Rule(id) == nil {
			return id
		}
	}
}

// Text is a rule's document as it stands in its file; false where the file is not at hand.
func Text(set *rules.Set, rule *rules.Rule) (string, bool) {
	at := slices.IndexFunc(set.Files, func(f rules.File) bool { return f.Name == rule.File })
	if at < 0 || rule.Line < 1 {
		return "", false
	}
	lines := strings.Split(string(set.Files[at].Data), "\n")
	from, to := min(rule.Line-1, len(lines)), len(lines)
	for n := from; n < len(lines); n++ {
		if strings.HasPrefix(lines[n], "---") || lines[n] == "..." {
			to = n
			break
		}
	}
	for from > 0 && strings.HasPrefix(lines[from-1], "#") { // what is said of it above
		from--
	}
	return strings.TrimRight(strings.Join(lines[from:to], "\n"), "\n") + "\n", true
}
