package notify

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/register"
)

// A mailServer is aiosmtpd in a process of its own, which keeps what it takes in a folder.
type mailServer struct {
	t       *testing.T
	address string
	folder  string
	stop    func()
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	if _, err := exec.LookPath("aiosmtpd"); err != nil {
		t.Skip("aiosmtpd is not installed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{t: t, address: l.Addr().String(), folder: filepath.Join(t.TempDir(), "mail")}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

// start starts the server and waits until it greets.
func (s *mailServer) start(args ...string) {
	s.t.Helper()
	var said strings.Builder
	cmd := exec.Command("aiosmtpd", slices.Concat([]string{"-n", "-l", s.address}, args, []string{"-c", "aiosmtpd.handlers.Mailbox", s.folder})...)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	over := false
	s.stop = func() {
		if !over {
			over = true
			_ = cmd.Process.Kill()
			<-ended
		}
	}
	s.t.Cleanup(s.stop)
	tick, late := time.NewTicker(50*time.Millisecond), time.After(2*time.Minute)
	defer tick.Stop()
	for {
		if conn, err := net.Dial("tcp", s.address); err == nil {
			greeting, _ := io.ReadAll(io.LimitReader(conn, 4))
			_ = conn.Close()
			if string(greeting) == "220 " {
				return
			}
		}
		select {
		case <-tick.C:
		case err := <-ended:
			ended <- err
			s.t.Fatalf("aiosmtpd ended: %v\n%s", err, said.String())
		case <-late:
			s.t.Fatal("aiosmtpd does not greet")
		}
	}
}

// countOf is which mail of its process a file is.
func countOf(name string) int {
	_, count, _ := strings.Cut(name, "Q")
	count, _, _ = strings.Cut(count, ".")
	n, _ := strconv.Atoi(count)
	return n
}

// got are the mails that the server took since it was started last, in the order in which it did.
func (s *mailServer) got() (all []*mail.Message) {
	s.t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.folder, "new"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
	// A name is time.MmicrosecondsPprocessQcount.host.
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(countOf(a.Name()), countOf(b.Name())) })
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(s.folder, "new", e.Name()))
		if err != nil {
			s.t.Fatal(err)
		}
		m, err := mail.ReadMessage(strings.NewReader(string(text)))
		if err != nil {
			s.t.Fatalf("%v in %s", err, text)
		}
		all = append(all, m)
	}
	return all
}

func (s *mailServer) receiver() Receiver {
	s.t.Helper()
	r, err := open(ReceiverConfig{
		Kind: "smtp", Server: s.address, TLS: "none", From: "tocsin@example.org", To: []string{"soc@example.org", "lead@example.org"}, Allow: []string{"127.0.0.1"},
	}, nil, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// body is a mail's text as its reader sees it.
func body(t *testing.T, m *mail.Message) string {
	t.Helper()
	in := m.Body
	if m.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		in = quotedprintable.NewReader(in)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
}

// A mail server that is no part of this gets what an alert says as it is: lines that begin with a dot, that are longer than
// SMTP allows, in any script; and no header more.
func TestAMailServerGetsWhatIsSaid(t *testing.T) {
	s := newMailServer(t)
	s.start()
	for name, text := range map[string]string{
		"hostile": hostile.Text, "dots": "a\n.\n..\n.b\nQUIT\nc", "a long line": strings.Repeat("0123456789", 800), "scripts": "Größe 雪 𝕏 שלום", "equals": "a=3D b =\nc=", "nothing": "",
	} {
		m := hostile
		m.ID, m.Text = strings.ReplaceAll(name, " ", "-"), plain(text, maxBody)
		if err := s.receiver().Send(t.Context(), m); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all := s.got()
		n := slices.IndexFunc(all, func(got *mail.Message) bool { return got.Header.Get("Message-ID") == "<"+m.ID+"@tocsin>" })
		if n < 0 {
			t.Fatalf("%s: not there", name)
		}
		got := all[n]
		if diff := gocmp.Diff(m.Text, body(t, got)); diff != "" {
			t.Errorf("%s (-said +got):\n%s", name, diff)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
		if err != nil || subject != line(m.Title) {
			t.Errorf("%s: subject %q, want %q (%v)", name, subject, line(m.Title), err)
		}
		if got.Header.Get("Bcc") != "" || got.Header.Get("X-RcptTo") != "soc@example.org, lead@example.org" || got.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%s: %v", name, got.Header)
		}
	}
}

// The mail server is away for an hour: then each change is one mail, in the order of the log. One that it finds too large it
// refuses, and that is told apart from being away.
func TestTheMailServerIsAwayForAnHour(t *testing.T) {
	s := newMailServer(t)
	w := newWorld(t, all)
	mailed := s.receiver()
	w.courier.going.Load().lines["chat"].Receiver = mailed
	i := w.create()
	w.settle()
	for _, cmd := range []register.Command{{Action: tocsin.ActDeclare}, {Action: tocsin.ActAcknowledge}, {Action: tocsin.ActResolve, Disposition: "false_positive"}} {
		cmd.Incident = i.ID
		w.do(cmd)
		w.after(20 * time.Minute)
	}
	if detail, _ := w.courier.Failing(); !strings.Contains(detail, "refused") { // the connection
		t.Errorf("failing: %q", detail)
	}
	s.start()
	w.after(maxBackoff)
	var subjects []string
	for _, m := range s.got() {
		subjects = append(subjects, m.Header.Get("Subject"))
	}
	title := "INC-2026-000001 P1 Laptop stolen: "
	if diff := gocmp.Diff([]string{title + "create", title + "declare", title + "acknowledge", title + "resolve"}, subjects); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	s.stop()
	s.start("-s", "2000")
	m := hostile
	m.Text = strings.Repeat("x", 4000)
	if err := mailed.Send(t.Context(), m); !errors.Is(err, ErrRefused) {
		t.Errorf("too large: %v", err)
	}
}
