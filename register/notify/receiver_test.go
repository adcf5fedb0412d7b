package notify

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var hostile = Message{
	ID: "abc", Kind: "notice", At: t0, Route: "all", URL: "https://tocsin.example/incidents/1",
	Title: "INC-1 <!channel> [click](http://evil.example)\r\nBcc: x@evil.example",
	Text:  "user <@U123> said *stop* & _go_ `rm`\n<https://evil.example|bank>\x1b[31m \u202egnp.exe @everyone",
}

// A hook is a web server that keeps what it is sent.
type hook struct {
	*httptest.Server
	header http.Header
	body   []byte
}

func newHook(t *testing.T, answer http.HandlerFunc) *hook {
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.header = r.Header
		h.body, _ = io.ReadAll(r.Body)
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) receiver(t *testing.T, c ReceiverConfig) Receiver {
	t.Helper()
	c.URL = h.URL
	if c.Allow == nil {
		c.Allow = []string{"127.0.0.1"}
	}
	r, err := open(c, nil, func() time.Time { return t0 })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWebhookIsSigned(t *testing.T) {
	h := newHook(t, nil)
	if err := h.receiver(t, ReceiverConfig{Kind: "webhook", Secret: "whsec_c2VjcmV0"}).Send(t.Context(), hostile); err != nil {
		t.Fatal(err)
	}
	if want := Sign("secret", "abc", "1793613600", h.body); h.header.Get("webhook-signature") != want || h.header.Get("webhook-id") != "abc" || h.header.Get("webhook-timestamp") != fmt.Sprint(t0.Unix()) {
		t.Errorf("%v, want the signature %s", h.header, Sign("secret", "abc", fmt.Sprint(t0.Unix()), h.body))
	}
	var m Message
	if err := json.Unmarshal(h.body, &m); err != nil || m.Title != hostile.Title || m.ID != "abc" {
		t.Errorf("%v %s", err, h.body)
	}
}

// The signature of the example that the specification of Standard Webhooks gives.
func TestSignatureIsStandard(t *testing.T) {
	got := Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		code    int
		header  string
		refused bool
		later   time.Duration
	}{
		"broken":      {code: 500},
		"bad message": {code: 400, refused: true},
		"gone":        {code: 404},
		"redirected":  {code: 302},
		"too many":    {code: 429, header: "90", later: 90 * time.Second},
		"forever":     {code: 503, header: "99999999", later: maxWait},
	} {
		asked := 0
		h := newHook(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Retry-After", c.header)
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.code)
			_, _ = w.Write(make([]byte, 1<<20))
		})
		err := h.receiver(t, ReceiverConfig{Kind: "slack"}).Send(t.Context(), hostile)
		later, _ := errors.AsType[*Later](err)
		switch {
		case err == nil || errors.Is(err, ErrRefused) != c.refused || asked != 1:
			t.Errorf("%s: %v, asked %d times", name, err, asked)
		case (later != nil) != (c.later > 0) || later != nil && later.After != c.later:
			t.Errorf("%s: %v", name, err)
		case strings.Contains(err.Error(), h.URL):
			t.Errorf("%s: the error shows the address: %v", name, err)
		case strings.HasSuffix(strings.TrimSpace(err.Error()), ":") || c.code == 302 && !strings.Contains(err.Error(), "redirects are not followed"):
			t.Errorf("%s: %q says nothing of what was answered", name, err)
		}
	}
}

// What is not public is not spoken to, whatever name leads there.
func TestAddresses(t *testing.T) {
	for _, text := range []string{
		"127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd00::1", "0.0.0.0",
		"::", "224.0.0.1", "ff02::1", "100.64.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::7f00:1", "198.18.0.1", "255.255.255.255", "192.0.2.1", "2001:db8::1",
	} {
		if public(netip.MustParseAddr(text).Unmap()) {
			t.Errorf("%s is taken for public", text)
		}
	}
	for _, text := range []string{"93.184.216.34", "2606:2800:220:1::1", "1.1.1.1"} {
		if !public(netip.MustParseAddr(text)) {
			t.Errorf("%s is not taken for public", text)
		}
	}
	h := newHook(t, nil)
	for name, url := range map[string]string{"an address": h.URL, "a name": strings.Replace(h.URL, "127.0.0.1", "localhost", 1), "in IPv6": strings.Replace(h.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1)} {
		r, err := open(ReceiverConfig{Kind: "webhook", URL: url, Allow: []string{"10.0.0.0/8"}}, nil, func() time.Time { return t0 })
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Send(t.Context(), hostile); !errors.Is(err, errAddress) || h.body != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatAlertsSayIsText(t *testing.T) {
	slackText, _ := json.Marshal(slackBody(hostile))
	teamsText, _ := teamsBody(hostile)
	var card struct {
		Attachments []struct {
			Content struct {
				Body []struct{ Text string }
			}
		}
	}
	if err := json.Unmarshal(teamsText, &card); err != nil {
		t.Fatal(err)
	}
	teams := card.Attachments[0].Content.Body[0].Text + card.Attachments[0].Content.Body[1].Text
	for name, bad := range map[string]string{"a mention": "<!channel>", "a link": "<https", "a format": "*stop*", "an escape": "\x1b"} {
		var s struct{ Text string }
		if err := json.Unmarshal(slackText, &s); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(s.Text, bad) {
			t.Errorf("slack: %s: %q", name, s.Text)
		}
	}
	for name, bad := range map[string]string{"a link": "[click](", "a format": " *stop*", "a mention": "<@", "an escape": "\x1b", "a direction": "\u202e"} {
		if strings.Contains(teams, bad) {
			t.Errorf("teams: %s: %q", name, teams)
		}
	}
}

// A post office is a mail server that keeps what it is sent; with a certificate it asks for STARTTLS.
type postOffice struct {
	net.Listener
	cert  *tls.Certificate
	reply string // to DATA's end
	got   chan string
}

func newPostOffice(t *testing.T, cert *tls.Certificate, reply string) *postOffice {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := &postOffice{Listener: l, cert: cert, reply: reply, got: make(chan string, 10)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p
}

func (p *postOffice) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
	say("220 here")
	secure := false
	for {
		text, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch word := strings.ToUpper(strings.Fields(text + " x")[0]); word {
		case "EHLO":
			if p.cert != nil && !secure {
				say("250-here")
				say("250 STARTTLS")
			} else {
				say("250 here")
			}
		case "STARTTLS":
			say("220 go on")
			up := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*p.cert}})
			conn, r, secure = up, bufio.NewReader(up), true
		case "DATA":
			say("354 go on")
			var b strings.Builder
			for {
				text, err := r.ReadString('\n')
				if err != nil || text == ".\r\n" {
					break
				}
				b.WriteString(text)
			}
			p.got <- fmt.Sprintf("secure %v\n%s", secure, b.String())
			say(p.reply)
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}

func TestMail(t *testing.T) {
	authority := httptest.NewTLSServer(nil)
	t.Cleanup(authority.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	cert := authority.TLS.Certificates[0]
	send := func(p *postOffice, kind, ca string) error {
		r, err := open(ReceiverConfig{
			Kind: "smtp", Server: p.Addr().String(), TLS: kind, From: "tocsin@example.org", To: []string{"soc@example.org"}, Allow: []string{"127.0.0.1"}, CAFile: ca,
		}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), sendTimeout)
		defer cancel()
		return r.Send(ctx, hostile)
	}
	plain, secure, full := newPostOffice(t, nil, "250 taken"), newPostOffice(t, &cert, "250 taken"), newPostOffice(t, nil, "552 too big")
	if err := send(plain, "none", ""); err != nil {
		t.Fatal(err)
	}
	got := <-plain.got
	head, _, _ := strings.Cut(got, "\r\n\r\n")
	for _, want := range []string{"Message-ID: <abc@tocsin>", "Subject: INC-1", "Auto-Submitted: auto-generated", "To: <soc@example.org>"} {
		if !strings.Contains(head, want) {
			t.Errorf("no %q in\n%s", want, head)
		}
	}
	if strings.Contains(head, "go-mail") {
		t.Errorf("the mail tells what it was written with:\n%s", head)
	}
	if strings.Contains(head, "\nBcc:") {
		t.Errorf("a header was let in:\n%s", head)
	}
	if err := send(secure, "starttls", ca); err != nil || !strings.HasPrefix(<-secure.got, "secure true") {
		t.Errorf("starttls: %v", err)
	}
	if err := send(secure, "starttls", ""); err == nil {
		t.Error("a certificate of an unknown authority is taken")
	}
	if err := send(plain, "starttls", ""); err == nil {
		t.Error("a server without STARTTLS is written to in plain text")
	}
	if err := send(full, "none", ""); !errors.Is(err, ErrRefused) {
		t.Errorf("a mail that is refused: %v", err)
	}
}

type records []string

// Publish implements [Publisher].
func (r *records) Publish(_ context.Context, topic, key, id string, _ []byte) error {
	*r = append(*r, topic+" "+key+" "+id)
	return nil
}

func TestTopicIsKeyedByTheIncident(t *testing.T) {
	var got records
	r, err := open(ReceiverConfig{Kind: "kafka", Topic: "tocsin.incidents"}, &got, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := hostile
	m.Incident = &About{ID: "202611-1"}
	if err := r.Send(t.Context(), m); err != nil || got[0] != "tocsin.incidents 202611-1 abc" {
		t.Errorf("%v %q", err, got)
	}
}
