package notify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A post sends bodies to one address: no proxy, no redirect, nothing but public or allowed addresses, 5 s, 64 KiB of the
// answer.
type post struct {
	url    string
	client *http.Client
	took   func(said string) error // reads an answer that is none of refusal; nil: it says that the body is taken
}

// maxAnswer is how much of an answer is read.
const maxAnswer = 64 << 10

func newPost(c ReceiverConfig) (*post, error) {
	d, err := dialer(c.Allow)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, errors.New("its address cannot be read")
	}
	config, err := tlsConfig(c.CAFile, u.Hostname())
	if err != nil {
		return nil, err
	}
	return &post{url: c.URL, client: &http.Client{
		Timeout: sendTimeout,
		Transport: &http.Transport{
			DialContext: d.DialContext, TLSClientConfig: config, ForceAttemptHTTP2: true, MaxIdleConns: 2, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: sendTimeout, ResponseHeaderTimeout: sendTimeout, MaxResponseHeaderBytes: maxAnswer,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// send posts a body. Its errors never hold the address, which is often a secret.
func (p *post) send(ctx context.Context, body []byte, header map[string]string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("its address cannot be asked")
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8") // Teams takes it for UTF-16 if it is not told
	r.Header.Set("User-Agent", "tocsin")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := p.client.Do(r)
	if err != nil {
		if asked, ok := errors.AsType[*url.Error](err); ok {
			err = asked.Err
		}
		return fmt.Errorf("not reached: %w", err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err := verdict(resp, text); err != nil || p.took == nil {
		return err
	}
	return p.took(string(text))
}

// maxWait bounds how long a receiver may ask to be left alone.
const maxWait = time.Hour

// answered tells an answer: its status, and what it says where it says anything.
func answered(code int, text string) error {
	if text = strings.TrimSpace(text); code/100 == 3 {
		text = "redirects are not followed"
	}
	if text == "" {
		text = cmp.Or(http.StatusText(code), "nothing")
	}
	return fmt.Errorf("answered %d: %.200s", code, text)
}

// verdict is what an answer means.
func verdict(resp *http.Response, text []byte) error {
	said := answered(resp.StatusCode, line(plain(string(text), 200)))
	switch {
	case resp.StatusCode/100 == 2:
		return nil
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable:
		if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
			return &Later{After: min(time.Duration(min(s, 1<<20))*time.Second, maxWait), Err: said}
		}
		return said
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusRequestTimeout || resp.StatusCode == http.StatusTooEarly:
		return said
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusNotFound || resp.StatusCode/100 == 3:
		return said // of the address and not of the message: to be mended, and then all of it is sent
	}
	return fmt.Errorf("%w: %w", ErrRefused, said)
}
