package elastic

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	nethttp "net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Server says whose API is spoken.
type Server string

// The servers.
const (
	Elasticsearch Server = "elasticsearch"
	OpenSearch    Server = "opensearch"
)

const (
	keepAlive   = "5m"
	answerLimit = 64 << 20 // bytes of an answer; a page that is larger is asked for in smaller ones
	errorLimit  = 4 << 10
	timeout     = time.Minute
)

// errTooLarge is an answer above the limit.
var errTooLarge = errors.New("the answer is too large")

// A client asks one of several servers; one that does not answer is left for the next.
type client struct {
	cfg  Config
	http *nethttp.Client
	at   int   // of cfg.URLs
	most int64 // bytes of an answer
}

func newClient(cfg Config) (*client, error) {
	secured := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(cfg.CACert) > 0 {
		secured.RootCAs = x509.NewCertPool()
		if !secured.RootCAs.AppendCertsFromPEM(cfg.CACert) {
			return nil, errors.New("the CA file holds no certificate")
		}
	}
	return &client{cfg: cfg, most: answerLimit, http: &nethttp.Client{
		Timeout:       timeout,
		Transport:     &nethttp.Transport{TLSClientConfig: secured, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, Proxy: nethttp.ProxyFromEnvironment},
		CheckRedirect: func(*nethttp.Request, []*nethttp.Request) error { return nethttp.ErrUseLastResponse },
	}}, nil
}

// open opens a point in time over the indices and returns its id.
func (c *client) open(ctx context.Context) (string, error) {
	path, q := "/"+url.PathEscape(strings.Join(c.cfg.Indices, ",")), url.Values{"keep_alive": {keepAlive}}
	if path += "/_pit"; c.cfg.Server == OpenSearch {
		path = strings.TrimSuffix(path, "/_pit") + "/_search/point_in_time"
	}
	var answer struct {
		ID    string `json:"id"`
		PITID string `json:"pit_id"`
	}
	if err := c.ask(ctx, nethttp.MethodPost, path, q, nil, &answer); err != nil {
		return "", fmt.Errorf("open a point in time: %w", err)
	}
	id := cmp.Or(answer.ID, answer.PITID)
	if id == "" {
		return "", errors.New("open a point in time: the answer has no id")
	}
	return id, nil
}

// close gives a point in time back. Where that fails it ends by itself.
func (c *client) close(ctx context.Context, id string) {
	path, body := "/_pit", any(map[string]string{"id": id})
	if c.cfg.Server == OpenSearch {
		path, body = "/_search/point_in_time", map[string][]string{"pit_id": {id}}
	}
	_ = c.ask(ctx, nethttp.MethodDelete, path, nil, body, nil)
}

// A page is an answer of a search.
type page struct {
	PIT      string `json:"pit_id"`
	TimedOut bool   `json:"timed_out"`
	Shards   struct {
		Failed int `json:"failed"`
	} `json:"_shards"`
	Hits struct {
		Hits []hit `json:"hits"`
	} `json:"hits"`
}

// A hit is one document.
type hit struct {
	Index  string            `json:"_index"`
	ID     string            `json:"_id"`
	Source json.RawMessage   `json:"_source"`
	Sort   []json.RawMessage `json:"sort"`
}

// time is the hit's time: milliseconds, or a text.
func (h *hit) time() (time.Time, error) {
	if len(h.Sort) == 0 {
		return time.Time{}, errors.New("a hit without a sort value")
	}
	var text string
	if json.Unmarshal(h.Sort[0], &text) == nil {
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return t.UTC(), nil
		}
	} else {
		text = string(h.Sort[0])
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return time.Time{}, fmt.Errorf("the sort value %.40q is no time", text)
	}
	return time.UnixMilli(n).UTC(), nil
}

// A place is how far a round has come: a time, and a text that tells documents of one time apart.
type place struct {
	at  time.Time
	tie string
}

// behind is the place of the last hit of a page. The error says that it does not lie behind the page before: a server
// that repeats itself would be asked for ever.
func (h *hit) behind(before place) (place, error) {
	at, err := h.time()
	reached := place{at, string(h.Sort[len(h.Sort)-1])}
	if err == nil && (at.Before(before.at) || reached == before) {
		err = fmt.Errorf("search: the page behind %s does not lie behind it", before.at)
	}
	return reached, err
}

// search asks for the page behind a hit, nil for the first one, of the documents from a time on, zero for all.
func (c *client) search(ctx context.Context, pit string, from time.Time, after []json.RawMessage, size int) (*page, error) {
	filter := []any{map[string]any{"exists": map[string]any{"field": c.cfg.TimeField}}}
	if !from.IsZero() {
		filter = append(filter, map[string]any{"range": map[string]any{c.cfg.TimeField: map[string]any{
			"gte": from.UTC().Format("2006-01-02T15:04:05.000Z"), "format": "strict_date_optional_time",
		}}})
	}
	// Indices whose times are nanoseconds would not compare with others: all are sorted as milliseconds.
	order, tie := map[string]any{"order": "asc", "unmapped_type": "date", "numeric_type": "date"}, "_shard_doc"
	if c.cfg.Server == OpenSearch {
		tie = "_id"
	}
	body := map[string]any{
		"size": size, "track_total_hits": false, "pit": map[string]string{"id": pit, "keep_alive": keepAlive},
		"query": map[string]any{"bool": map[string]any{"filter": filter}},
		"sort":  []any{map[string]any{c.cfg.TimeField: order}, map[string]any{tie: map[string]string{"order": "asc"}}},
	}
	if after != nil {
		body["search_after"] = after
	}
	var got page
	if err := c.ask(ctx, nethttp.MethodPost, "/_search", url.Values{"allow_partial_search_results": {"false"}}, body, &got); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	if got.TimedOut || got.Shards.Failed > 0 { // what is missing would be passed by
		return nil, fmt.Errorf("search: the answer is not whole: %d shards failed", got.Shards.Failed)
	}
	return &got, nil
}

// ask does one request, at the next server where one does not answer.
func (c *client) ask(ctx context.Context, method, path string, q url.Values, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	var errs []error
	for range c.cfg.URLs {
		err := c.once(ctx, method, path, q, text, into)
		var said *answerError
		if err == nil || ctx.Err() != nil || errors.As(err, &said) && said.code < 500 || errors.Is(err, errTooLarge) {
			return err
		}
		errs = append(errs, err)
		c.at = (c.at + 1) % len(c.cfg.URLs)
	}
	return errors.Join(errs...)
}

// An answerError is an answer that is no success.
type answerError struct {
	code int
	text string
}

// Error is the reason that the server gives, and what can be done about it.
func (e *answerError) Error() string {
	var told struct {
		Error struct {
			Reason string `json:"reason"`
		} `json:"error"`
	}
	reason := e.text
	if json.Unmarshal([]byte(e.text), &told) == nil && told.Error.Reason != "" {
		reason = told.Error.Reason
	}
	remedy := ""
	switch e.code {
	case nethttp.StatusUnauthorized:
		remedy = "; see user and password_file, or api_key_file"
	case nethttp.StatusForbidden:
		remedy = "; the account needs read and view_index_metadata on the indices"
	}
	return fmt.Sprintf("%d: %.300s%s", e.code, reason, remedy)
}

func (c *client) once(ctx context.Context, method, path string, q url.Values, body []byte, into any) error {
	address := strings.TrimSuffix(c.cfg.URLs[c.at], "/") + path
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	r, err := nethttp.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	c.authorize(r)
	answer, err := c.http.Do(r)
	var unknown *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unknown):
		return fmt.Errorf("%w; name the authority of its certificate in ca_file", err)
	case err != nil:
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, errorLimit))
		return &answerError{answer.StatusCode, string(text)}
	}
	if into == nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, c.most+1))
	switch {
	case err != nil:
		return err
	case int64(len(text)) > c.most:
		return errTooLarge
	}
	return json.Unmarshal(text, into)
}

// authorize says who asks, where the configuration says that.
func (c *client) authorize(r *nethttp.Request) {
	switch {
	case c.cfg.APIKey != "":
		r.Header.Set("Authorization", "ApiKey "+c.cfg.APIKey)
	case c.cfg.User != "":
		r.SetBasicAuth(c.cfg.User, c.cfg.Password)
	}
}
