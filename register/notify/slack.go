package notify

import (
	"context"
	"encoding/json"
	"strings"
)

// A slack gets messages in the form of Slack's incoming webhooks, which Mattermost and Rocket.Chat take as well.
type slack struct{ post *post }

// Send implements [Receiver].
func (s slack) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(slackBody(m))
	if err != nil {
		return err
	}
	return s.post.send(ctx, body, map[string]string{"webhook-id": m.ID})
}

// What Slack takes at most, in characters, with room for what tells that a text was cut: a message beyond it is refused whole.
const (
	slackHeader  = 150 - 10
	slackSection = 3000 - 100
)

// slackBody has the whole as text, for what shows no blocks, and the title and the text as plain text: nothing in them is
// a mention, a link or a format. A block without text would be refused.
func slackBody(m Message) map[string]any {
	plainText := func(text string) map[string]any {
		return map[string]any{"type": "plain_text", "text": text, "emoji": false}
	}
	title, text := line(m.Title), plain(m.Text, slackSection)
	blocks := []any{map[string]any{"type": "header", "text": plainText(plain(title, slackHeader))}}
	if strings.TrimSpace(text) != "" {
		blocks = append(blocks, map[string]any{"type": "section", "text": plainText(text)})
	}
	return map[string]any{"text": slackEscape(title) + "\n" + slackEscape(text), "blocks": blocks, "unfurl_links": false, "unfurl_media": false}
}

// slackEscape keeps what an alert says from being a mention, a link or a format of Slack's mrkdwn or of Markdown.
func slackEscape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "@\u200b", "*", "\u2217", "`", "\u02cb", "~", "\u223c", "[", "\uff3b", "]", "\uff3d", "|", "\u2223").Replace(text)
}
