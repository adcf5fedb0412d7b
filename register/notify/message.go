package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"tocsin"
)

// A Message is what a receiver gets. Its texts are plain: each receiver escapes them as its own form asks.
type Message struct {
	ID       string    `json:"id"`   // the notice's: the same for a second delivery
	Kind     string    `json:"kind"` // notice, summary or test
	At       time.Time `json:"at"`   // when what it tells of happened
	Route    string    `json:"route"`
	Title    string    `json:"title"`
	Text     string    `json:"text"`
	URL      string    `json:"url,omitempty"`
	Priority string    `json:"priority,omitempty"`
	Repeat   int       `json:"repeat,omitempty"`
	Incident *About    `json:"incident,omitempty"`
	Entry    *Happened `json:"entry,omitempty"`
	Notices  []string  `json:"notices,omitempty"` // of a summary
}

// About is what a message says of an incident, as it is when the message is sent.
type About struct {
	ID          string                   `json:"id"`
	Number      string                   `json:"number"`
	Tenant      string                   `json:"tenant"`
	Revision    int64                    `json:"revision"`
	Title       string                   `json:"title"`
	Summary     string                   `json:"summary"`
	Status      tocsin.Status            `json:"status"`
	Priority    string                   `json:"priority"`
	Severity    string                   `json:"severity"`
	Category    string                   `json:"category"`
	Platform    string                   `json:"platform"`
	Coordinator string                   `json:"coordinator,omitempty"`
	Assignee    string                   `json:"assignee,omitempty"`
	Teams       []string                 `json:"teams,omitempty"`
	TLP         string                   `json:"tlp"`
	Opened      time.Time                `json:"opened"`
	Targets     map[string]tocsin.Target `json:"targets"`
	Clocks      []tocsin.Clock           `json:"clocks,omitempty"`
}

// Happened is what a message says of the log entry that it tells of.
type Happened struct {
	Seq       int64         `json:"seq"`
	Action    tocsin.Action `json:"action"`
	By        string        `json:"by"`
	Effective time.Time     `json:"effective"`
	Recorded  time.Time     `json:"recorded"`
	From      tocsin.Status `json:"from,omitempty"`
	To        tocsin.Status `json:"to,omitempty"`
	Text      string        `json:"text,omitempty"`
	Reason    string        `json:"reason,omitempty"`
	Tell      []string      `json:"tell,omitempty"` // of an escalation
}

func about(i *tocsin.Incident) *About {
	a := &About{
		ID: i.ID, Number: i.Number, Tenant: i.Tenant, Revision: i.Revision, Title: i.Title, Summary: i.Summary, Status: i.Status, Priority: i.Priority,
		Severity: i.Severity, Category: i.Category, Platform: i.Platform, Coordinator: i.Coordinator, Assignee: i.Assignee, TLP: i.TLP,
		Opened: i.Opened, Targets: i.Targets, Clocks: i.Clocks,
	}
	for _, t := range i.Teams {
		a.Teams = append(a.Teams, t.Name)
	}
	return a
}

func happened(e *tocsin.LogEntry) *Happened {
	return &Happened{
		Seq: e.Seq, Action: e.Action, By: e.By.ID, Effective: e.Effective, Recorded: e.Recorded, From: e.From, To: e.To,
		Text: e.Text, Reason: e.Reason, Tell: told(e),
	}
}

// told are those whom an escalation tells.
func told(e *tocsin.LogEntry) []string {
	if e.Action != tocsin.ActEscalate {
		return nil
	}
	var p struct {
		Tell []string `json:"tell"`
	}
	if json.Unmarshal(e.Data, &p) != nil {
		return nil
	}
	return p.Tell
}

// The shipped templates.
const (
	titleTemplate = `{{with .Incident}}{{.Number}} {{.Priority}} {{.Title}}{{end}}: {{.Entry.Action}}{{if .Repeat}} (again, {{.Repeat}}){{end}}`
	textTemplate  = `{{.Incident.Summary}}
{{if .Entry.To}}{{if .Entry.From}}{{.Entry.From}} -> {{end}}{{.Entry.To}}, {{end}}{{.Entry.Action}} by {{.Entry.By}} at {{time .Entry.Effective}}{{if .Entry.Text}}: {{.Entry.Text}}{{end}}{{if .Entry.Reason}}
reason: {{.Entry.Reason}}{{end}}{{range $name, $t := .Incident.Targets}}{{if not $t.Met}}
{{$name}} due {{time $t.Due}}{{end}}{{end}}{{range .Incident.Clocks}}{{if .IsOpen}}
{{.Name}} {{if .Due.IsZero}}waits for {{.Anchor}}{{else}}due {{time .Due}}{{end}}{{end}}{{end}}{{if .URL}}
{{.URL}}{{end}}`
)

// Limits of what a message may say, in bytes: chats and mail refuse more.
const (
	maxTitle = 250
	maxBody  = 16 << 10
)

func parse(name, text string) (*template.Template, error) {
	return template.New(name).Option("missingkey=error").Funcs(template.FuncMap{"time": func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.UTC().Format(time.RFC3339)
	}}).Parse(text)
}

// render fills the texts in, cut to what may be sent and free of control characters.
func render(t *template.Template, m *Message, most int) (string, error) {
	b := &limited{most: 4 * most}
	if err := t.Execute(b, m); err != nil {
		return "", err
	}
	return plain(strings.TrimSpace(b.String()), most), nil
}

// limited is a buffer that forgets what is beyond its limit.
type limited struct {
	bytes.Buffer
	most int
}

// Write implements [io.Writer].
func (l *limited) Write(p []byte) (int, error) {
	if room := l.most - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

// plain takes out control and direction characters, by which a text looks like another, and cuts it.
func plain(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == utf8.RuneError:
			return '\uFFFD'
		}
		return r
	}, text)
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// line is a text on one line.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }

// testMessage is what a route is tried with.
func testMessage(route, id string, at time.Time) Message {
	return Message{
		ID: id, Kind: "test", At: at, Route: route, Title: "Test of the route " + route,
		Text: fmt.Sprintf("This is a test of the route %s. No incident is behind it.", route),
	}
}
