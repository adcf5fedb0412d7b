package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"
)

// A plainText is Slack's text object.
type plainText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// faults are what Slack's Block Kit has against a text: it counts characters, of which UTF-16 has at least as many.
func (p plainText) faults(what string, most int) (all []string) {
	if n := len(utf16.Encode([]rune(p.Text))); n > most || strings.TrimSpace(p.Text) == "" {
		all = append(all, fmt.Sprintf("%s has %d characters, and may have 1 to %d", what, n, most))
	}
	if p.Type != "plain_text" {
		all = append(all, what+" is of the type "+p.Type)
	}
	return all
}

// slackFaults are what Slack refuses a message for.
func slackFaults(body []byte) (all []string) {
	var m struct {
		Text   string
		Blocks []struct {
			Type string
			Text plainText
		}
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return []string{err.Error()}
	}
	if len(m.Text) > 40_000 || len(m.Text) == 0 || len(m.Blocks) == 0 || len(m.Blocks) > 50 {
		all = append(all, fmt.Sprintf("%d bytes of text, %d blocks", len(m.Text), len(m.Blocks)))
	}
	for _, b := range m.Blocks {
		most, ok := map[string]int{"header": 150, "section": 3000}[b.Type]
		if !ok {
			all = append(all, "a block of the type "+b.Type)
		}
		all = append(all, b.Text.faults(b.Type, most)...)
	}
	return all
}

// teamsFaults are what Teams refuses a message for.
func teamsFaults(body []byte) (all []string) {
	var m struct {
		Type        string
		Attachments []struct {
			ContentType string
			Content     struct {
				Type, Version string
				Body          []struct{ Type, Text string }
				Actions       []struct{ Type, Title, URL string }
			}
		}
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return []string{err.Error()}
	}
	if n := 2 * len(utf16.Encode([]rune(string(body)))); n > 28*1024 || len(body) > 28*1024 {
		all = append(all, fmt.Sprintf("%d bytes, %d in UTF-16", len(body), n))
	}
	if m.Type != "message" || len(m.Attachments) != 1 || m.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" {
		return append(all, "no message with one Adaptive Card")
	}
	c := m.Attachments[0].Content
	if c.Type != "AdaptiveCard" || c.Version != "1.4" || len(c.Body) == 0 {
		all = append(all, fmt.Sprintf("a card of type %s, version %s, with %d elements", c.Type, c.Version, len(c.Body)))
	}
	for _, b := range c.Body {
		if b.Type != "TextBlock" || strings.TrimSpace(b.Text) == "" {
			all = append(all, fmt.Sprintf("a %s with the text %.20q", b.Type, b.Text))
		}
	}
	for _, a := range c.Actions {
		if a.Type != "Action.OpenUrl" || a.Title == "" || !strings.HasPrefix(a.URL, "https://") {
			all = append(all, fmt.Sprintf("an action %+v", a))
		}
	}
	return all
}

// Whatever an alert says, chats take the message: nothing in it makes it larger than they allow, or empty.
func TestChatsTakeEveryMessage(t *testing.T) {
	long := func(text string) string { return strings.Repeat(text, maxBody/len(text)) }
	for name, text := range map[string]string{
		"plain": "a user was added to a group", "nothing": "", "blank": " \n\t ", "long": long("x"), "ampersands": long("&"), "angles": long("<"), "brackets": long("[]()"),
		"lines": long("\n"), "quotes": long(`"\`), "letters of three bytes": long("雪"), "pairs of UTF-16": long("𝕏"), "controls": long("\x1b"), "hostile": long(hostile.Text),
	} {
		title := plain(line(text), maxTitle)
		if title == "" {
			title = "INC-2026-000001"
		}
		m := Message{ID: "a", Kind: "notice", Title: title, Text: plain(strings.TrimSpace(text), maxBody), URL: hostile.URL}
		body, err := json.Marshal(slackBody(m))
		if got := slackFaults(body); err != nil || len(got) > 0 {
			t.Errorf("%s: Slack: %q %v", name, got, err)
		}
		body, err = teamsBody(m)
		if got := teamsFaults(body); err != nil || len(got) > 0 {
			t.Errorf("%s: Teams: %q %v", name, got, err)
		}
		if len(m.Text) > 8<<10 && len(body) < 8<<10 {
			t.Errorf("%s: Teams: %d bytes alone are told of a long text", name, len(body))
		}
	}
}

// A title that a template leaves empty is one of our own.
func TestNoTitleIsEmpty(t *testing.T) {
	w := newWorld(t, all+"templates: {title: \"{{if .URL}}x{{end}}\", text: \"{{if .URL}}x{{end}}\"}\n")
	w.create()
	w.settle()
	if m := w.chat.got[0]; m.Title != "INC-2026-000001 Laptop stolen: create" || m.Text != "" {
		t.Errorf("%q %q", m.Title, m.Text)
	}
}

// What Teams' older addresses did not deliver, and say so by a 200, is sent again or is refused.
func TestTeamsSaysSoByWords(t *testing.T) {
	for said, want := range map[string]string{
		"1": "", "": "",
		"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x": "again",
		"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 with ContextId x": "refused",
	} {
		h := newHook(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(said)) })
		err := h.receiver(t, ReceiverConfig{Kind: "teams"}).Send(t.Context(), hostile)
		got := ""
		if err != nil {
			got = map[bool]string{true: "refused", false: "again"}[errors.Is(err, ErrRefused)]
		}
		if got != want || h.header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%q: %q (%v), want %q", said, got, err, want)
		}
	}
}
