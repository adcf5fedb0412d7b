// Package client speaks to a daemon's API for the commands of the shell.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tocsin"
)

// ErrUnreachable says that nothing answers at the address.
var ErrUnreachable = errors.New("cannot be reached")

// A Problem is an answer of the API that refuses (RFC 9457).
type Problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Errors []struct {
		Message  string `json:"message"`
		Location string `json:"location"`
	} `json:"errors"`
}

// Error is the detail and, line by line, all that is missing.
func (p *Problem) Error() string {
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	if p.Status == http.StatusUnauthorized {
		text += "; give one by --token-file or TOCSIN_TOKEN"
	}
	for _, e := range p.Errors {
		if !strings.Contains(text, e.Message) { // a refusal's detail names them all
			text += "\n  " + strings.TrimSpace(e.Location+": "+e.Message)
		}
	}
	return text
}

// Is reports whether target is [tocsin.ErrNotFound] and the problem says so.
func (p *Problem) Is(target error) bool {
	return target == tocsin.ErrNotFound && p.Status == http.StatusNotFound
}

// maxAnswer bounds what is read of an answer: a page of 500 incidents is some MB.
const maxAnswer = 256 << 20

// A Client asks one API. The zero value is not ready: use [New] or [Local].
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New asks the daemon at an address such as http://127.0.0.1:8080.
func New(address, token string) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("%q is no address of a daemon: write http://127.0.0.1:8080", address)
	}
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the token goes nowhere else
	return &Client{strings.TrimSuffix(address, "/"), token, &http.Client{Timeout: 2 * time.Minute, CheckRedirect: noRedirect}}, nil
}

// Local asks an API in this process.
func Local(h http.Handler, token string) *Client {
	return &Client{"http://localhost", token, &http.Client{Transport: local{h}}}
}

// local is a round trip without a network.
type local struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (l local) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	l.handler.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// Get reads a path below /api/v1 into out. The error wraps a [*Problem] or [ErrUnreachable].
func (c *Client) Get(ctx context.Context, path string, query url.Values, out any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	_, err := c.ask(ctx, http.MethodGet, path, nil, nil, out)
	return err
}

// Command gives a command on an incident at the revision it is at now, and returns the incident after it.
func (c *Client) Command(ctx context.Context, incident, action string, body any) (i tocsin.Incident, err error) {
	path := "/incidents/" + url.PathEscape(incident)
	answer, err := c.ask(ctx, http.MethodGet, path, nil, nil, nil)
	if err != nil {
		return i, err
	}
	h := http.Header{"If-Match": {answer.Get("ETag")}}
	return i, c.Post(ctx, path+"/"+action, h, body, &i)
}

// Post sends a command. Given twice with one Idempotency-Key it is carried out once; the key is drawn where the header
// has none. An answer without content leaves out as it is.
func (c *Client) Post(ctx context.Context, path string, h http.Header, body, out any) error {
	if h == nil {
		h = http.Header{}
	}
	if h.Get("Idempotency-Key") == "" {
		h.Set("Idempotency-Key", "cli:"+rand.Text())
	}
	_, err := c.ask(ctx, http.MethodPost, path, h, body, out)
	return err
}

// Delete removes what stands at a path.
func (c *Client) Delete(ctx context.Context, path string) error {
	_, err := c.ask(ctx, http.MethodDelete, path, nil, nil, nil)
	return err
}

func (c *Client) ask(ctx context.Context, method, path string, h http.Header, body, out any) (http.Header, error) {
	r, err := c.request(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	maps.Copy(r.Header, h)
	if _, ok := out.(*document); !ok {
		r.Header.Set("Accept", "application/json")
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s %w: %w", c.base, ErrUnreachable, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("%s %w: %w", c.base, ErrUnreachable, err)
	}
	if resp.StatusCode/100 != 2 {
		p := problem(resp.StatusCode, text)
		if p.Status == http.StatusNotFound && p.Detail != "" {
			p.Detail = missing(path, p.Detail)
		}
		return nil, p
	}
	if out == nil || len(text) == 0 {
		return resp.Header, nil
	}
	if doc, ok := out.(*document); ok {
		*doc = document(text)
		return resp.Header, nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return nil, fmt.Errorf("%s%s: the answer is not understood: %w", c.base, path, err)
	}
	return resp.Header, nil
}

// request makes the request that carries body as JSON, nil for none.
func (c *Client) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, content)
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	return r, nil
}

// missing says what is not there: the thing that a path names, or what the answer says of a path that names none.
func missing(path, said string) string {
	path, _, _ = strings.Cut(path, "?")
	all, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	escaped, _, _ := strings.Cut(rest, "/")
	what := map[string]string{
		"alerts": "alert", "dead-letters": "dead letter", "events": "event", "incidents": "incident", "informants": "informant", "routes": "route", "rules": "rule",
		"tokens": "token", "users": "user",
	}[all]
	name, err := url.PathUnescape(escaped)
	if said != "there is no such thing" || what == "" || name == "" || err != nil { // what says more is kept
		return said + ": " + path
	}
	return "there is no " + what + " " + strconv.Quote(name)
}

func problem(status int, text []byte) *Problem {
	p := &Problem{}
	if json.Unmarshal(text, p) != nil || p.Detail == "" && p.Title == "" {
		p.Detail = strings.TrimSpace(string(text[:min(len(text), 300)]))
	}
	p.Status = status
	if p.Detail == "" && p.Title == "" {
		p.Detail = http.StatusText(status)
	}
	return p
}

// All reads the pages of a listing until limit items are there; 0 reads all.
func All[T any](ctx context.Context, c *Client, path string, query url.Values, limit int) ([]T, error) {
	all := []T{}
	for {
		size := 500
		if limit > 0 {
			size = min(size, limit-len(all))
		}
		query.Set("limit", strconv.Itoa(size))
		var page tocsin.Page[T]
		if err := c.Get(ctx, path, query, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Cursor == "" || (limit > 0 && len(all) >= limit) {
			return all, nil
		}
		query.Set("cursor", page.Cursor)
	}
}

// Text reads a path below /api/v1 that answers with a document.
func (c *Client) Text(ctx context.Context, path string, query url.Values) (string, error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	var text document
	_, err := c.ask(ctx, http.MethodGet, path, nil, nil, &text)
	return string(text), err
}

// A document is an answer that is no JSON.
type document string
