package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// A webhook gets messages as JSON, signed as Standard Webhooks says (https://www.standardwebhooks.com): the headers
// webhook-id, webhook-timestamp and webhook-signature, an HMAC-SHA256 over id.timestamp.body.
type webhook struct {
	post   *post
	secret string
	now    func() time.Time
}

// Send implements [Receiver].
func (w webhook) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	header := map[string]string{"webhook-id": m.ID, "webhook-timestamp": strconv.FormatInt(w.now().Unix(), 10)}
	if w.secret != "" {
		header["webhook-signature"] = Sign(w.secret, m.ID, header["webhook-timestamp"], body)
	}
	return w.post.send(ctx, body, header)
}

// Sign is the signature of a body. A secret of the form whsec_… is base64, any other is the key as it is.
func Sign(secret, id, timestamp string, body []byte) string {
	key := []byte(secret)
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if raw, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			key = raw
		}
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
