package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/wneessen/go-mail"
)

// A mailer writes messages to people.
type mailer struct {
	c      ReceiverConfig
	host   string
	port   int
	dialer *net.Dialer
	tls    *tls.Config
}

func newMail(c ReceiverConfig) (*mailer, error) {
	host, port, err := net.SplitHostPort(c.Server)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("port %s: %w", port, err)
	}
	d, err := dialer(c.Allow)
	if err != nil {
		return nil, err
	}
	config, err := tlsConfig(c.CAFile, host)
	return &mailer{c: c, host: host, port: number, dialer: d, tls: config}, err
}

// Send implements [Receiver].
func (s *mailer) Send(ctx context.Context, m Message) error {
	msg, err := s.compose(m)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if failed, ok := errors.AsType[*mail.SendError](err); ok && !failed.IsTemp() && (failed.Reason == mail.ErrSMTPRcptTo || failed.Reason == mail.ErrSMTPMailFrom || failed.Reason == mail.ErrSMTPData || failed.Reason == mail.ErrSMTPDataClose) {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}

// client is one that speaks to one server, once.
func (s *mailer) client() (*mail.Client, error) {
	opts := []mail.Option{
		mail.WithPort(s.port), mail.WithTimeout(sendTimeout), mail.WithTLSConfig(s.tls), mail.WithDialContextFunc(s.dial), mail.WithHELO("tocsin.localdomain"),
	}
	switch s.c.TLS {
	case "starttls":
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	default: // none, or all of it: the dialer does that
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	}
	if s.c.User != "" {
		kind := mail.SMTPAuthAutoDiscover
		if s.c.TLS == "tls" { // which the library does not see
			kind = mail.SMTPAuthPlainNoEnc
		}
		opts = append(opts, mail.WithSMTPAuth(kind), mail.WithUsername(s.c.User), mail.WithPassword(s.c.Password))
	}
	return mail.NewClient(s.host, opts...)
}

// dial connects to an allowed address, and speaks TLS from the start where that is asked for.
func (s *mailer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := s.dialer.DialContext(ctx, network, address)
	if err != nil || s.c.TLS != "tls" {
		return conn, err
	}
	secure := tls.Client(conn, s.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secure, nil
}

// compose makes the mail: plain text, its Message-ID made of the notice's id, so that a second delivery is told by it.
func (s *mailer) compose(m Message) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithNoDefaultUserAgent())
	if err := msg.From(s.c.From); err != nil {
		return nil, err
	}
	if err := msg.To(s.c.To...); err != nil {
		return nil, err
	}
	msg.SetMessageIDWithValue(m.ID + "@tocsin")
	msg.SetDateWithValue(m.At)
	msg.Subject(line(m.Title))
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Tocsin-Id", m.ID)
	msg.SetBodyString(mail.TypeTextPlain, m.Text+"\n")
	return msg, nil
}
