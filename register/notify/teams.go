package notify

import (
	"context"
	"encoding/json"
	"strings"
)

// A teams gets messages as an Adaptive Card, as the workflows of Microsoft Teams take them.
type teams struct{ post *post }

// Send implements [Receiver].
func (t teams) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(teamsBody(m))
	if err != nil {
		return err
	}
	return t.post.send(ctx, body, map[string]string{"webhook-id": m.ID})
}

func teamsBody(m Message) map[string]any {
	card := map[string]any{
		"type": "AdaptiveCard", "version": "1.4", "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
		"body": []any{
			map[string]any{"type": "TextBlock", "text": teamsEscape(line(m.Title)), "weight": "Bolder", "size": "Medium", "wrap": true},
			map[string]any{"type": "TextBlock", "text": strings.ReplaceAll(teamsEscape(plain(m.Text, 8<<10)), "\n", "\n\n"), "wrap": true},
		},
	}
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
