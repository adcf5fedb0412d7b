package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// A teams gets messages as an Adaptive Card, as the workflows of Microsoft Teams take them.
type teams struct{ post *post }

// Send implements [Receiver].
func (t teams) Send(ctx context.Context, m Message) error {
	body, err := teamsBody(m)
	if err != nil {
		return err
	}
	return t.post.send(ctx, body, map[string]string{"webhook-id": m.ID})
}

// maxCard is how many bytes Teams takes. A card beyond it is refused whole.
const maxCard = 28 << 10

// teamsBody is the card with as much of the text as it can hold once that is escaped.
func teamsBody(m Message) ([]byte, error) {
	for most := 8 << 10; ; most -= most/4 + 1 {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false) // which would make six bytes of one
		if err := enc.Encode(card(m, most)); err != nil {
			return nil, err
		}
		if weight(b.Bytes()) <= maxCard || most <= 1 {
			return b.Bytes(), nil
		}
	}
}

// weight is how many bytes Teams counts: as many as there are, or as many as there would be in UTF-16, which it takes a body
// for as it pleases.
func weight(body []byte) int {
	units := 0
	for _, r := range string(body) {
		if units++; r > 0xffff {
			units++
		}
	}
	return max(len(body), 2*units)
}

// card says a message, with at most so many bytes of its text.
func card(m Message, most int) map[string]any {
	block := func(text string) map[string]any {
		return map[string]any{"type": "TextBlock", "text": text, "wrap": true}
	}
	head := block(teamsEscape(line(m.Title)))
	head["weight"], head["size"] = "Bolder", "Medium"
	body := []any{head}
	if text := plain(m.Text, most); strings.TrimSpace(text) != "" {
		body = append(body, block(strings.ReplaceAll(teamsEscape(text), "\n", "\n\n")))
	}
	card := map[string]any{"type": "AdaptiveCard", "version": "1.4", "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "body": body}
	if m.URL != "" {
		card["actions"] = []any{map[string]any{"type": "Action.OpenUrl", "title": "Open", "url": m.URL}}
	}
	return map[string]any{"type": "message", "attachments": []any{
		map[string]any{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card},
	}}
}

// teamsEscape keeps what an alert says from being Markdown: links, mentions (<at>), formats, lists.
func teamsEscape(text string) string {
	return strings.NewReplacer("\\", "\\\\", "[", "\\[", "]", "\\]", "(", "\\(", ")", "\\)", "*", "\\*", "_", "\\_", "`", "\\`", "#", "\\#", "!", "\\!",
		"&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// teamsTook reads an answer of 200. Teams' older addresses give it to what they did not deliver either, and say so in words.
func teamsTook(said string) error {
	const failed, code = "message delivery failed", "HTTP error "
	if !strings.Contains(said, failed) {
		return nil
	}
	err := fmt.Errorf("answered 200, but %.200s", line(plain(said, 200)))
	for _, of := range []string{"400", "413"} { // of the message; any other may pass
		if strings.Contains(said, code+of) {
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
	}
	return err
}
