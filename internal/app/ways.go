package app

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"tocsin/ingest"
	"tocsin/ingest/elastic"
	"tocsin/ingest/file"
	ingesthttp "tocsin/ingest/http"
	"tocsin/ingest/syslog"
	"tocsin/internal/config"
	"tocsin/internal/pipeline"
)

// ways opens the ways in that read or listen by themselves, in both modes: they write to the journal.
func (a *App) ways(ctx context.Context, j ingest.ResumableJournal) error {
	w := &waysIn{App: a, journal: j}
	for _, s := range a.cfg.Sources {
		open := map[string]func(context.Context, config.Source) error{
			"syslog": w.syslog, "file": w.follow, "elasticsearch": w.search, "opensearch": w.search,
		}[s.Kind]
		if open == nil || s.Kind == "file" && !s.Follow {
			continue
		}
		if err := open(ctx, s); err != nil {
			return fmt.Errorf("source %s: %w", s.Name, err)
		}
	}
	return nil
}

// waysIn opens them, and keeps what those of one kind share.
type waysIn struct {
	*App
	journal ingest.ResumableJournal
	heard   *syslog.Metrics
	read    *file.Metrics
	pulled  *elastic.Metrics
}

// search pulls alerts from indices.
func (w *waysIn) search(_ context.Context, s config.Source) error {
	if w.pulled == nil {
		w.pulled = elastic.NewMetrics(w.reg)
	}
	c := elastic.Config{
		Source: s.Name, Tenant: s.Tenant, Format: s.Format, Server: elastic.Server(s.Kind), URLs: s.Search.URLs, Indices: s.Search.Indices,
		TimeField: s.Search.TimeField, LookBack: s.Search.LookBack, Every: s.Search.Every, Page: s.Search.Page, FromEnd: s.Start == "latest",
		MaxRecord: int(w.cfg.Intake.MaxRecord), User: s.Search.User,
	}
	for name, into := range map[string]func([]byte){
		s.Search.PasswordFile: func(text []byte) { c.Password = strings.TrimSpace(string(text)) },
		s.Search.APIKeyFile:   func(text []byte) { c.APIKey = strings.TrimSpace(string(text)) },
		s.Search.CAFile:       func(text []byte) { c.CACert = text },
	} {
		if name == "" {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		into(text)
	}
	part := "source " + s.Name
	p, err := elastic.New(c, elastic.Options{Journal: w.journal, Metrics: w.pulled, Log: w.log, Now: w.now, Trouble: func(err error) {
		if err == nil {
			w.health.Heal(part)
			return
		}
		w.health.Fail(part, err, w.now())
	}})
	if err != nil {
		return err
	}
	w.runs(part, p.Run)
	return nil
}

// follow reads files as they grow.
func (w *waysIn) follow(_ context.Context, s config.Source) error {
	if w.read == nil {
		w.read = file.NewMetrics(w.reg)
	}
	f := file.NewFollower(file.FollowOptions{
		Source: s.Name, Tenant: s.Tenant, Format: s.Format, Paths: s.Paths, FromEnd: s.Start == "latest", Encoding: s.Encoding,
		MaxRecord: int64(w.cfg.Intake.MaxRecord), Journal: w.journal, Metrics: w.read, Log: w.log, Now: w.now,
	})
	w.runs("source "+s.Name, f.Run)
	return nil
}

// syslog opens a listener.
func (w *waysIn) syslog(ctx context.Context, s config.Source) error {
	if w.heard == nil {
		w.heard = syslog.NewMetrics(w.reg)
	}
	c := syslog.Config{
		Source: s.Name, Tenant: s.Tenant, Format: s.Format, Network: s.Syslog.Network, Address: s.Syslog.Address, MaxMessage: int(s.Syslog.MaxMessage),
		MaxConnections: s.Syslog.MaxConnections, Rate: s.Syslog.Rate, Idle: s.Syslog.Idle, ReceiveBuffer: int(s.Syslog.ReceiveBuffer),
	}
	for _, text := range s.Syslog.Allow {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return err
		}
		c.Allow = append(c.Allow, network.Masked())
	}
	if c.Network == "tls" {
		secured, err := serverTLS(s.Syslog)
		if err != nil {
			return err
		}
		c.TLS = secured
	}
	l, err := syslog.Listen(ctx, c, syslog.Options{Journal: w.journal, Metrics: w.heard, Log: w.log, Now: w.now})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrListen, err)
	}
	w.onStop("source "+s.Name, func(context.Context) error { _ = l.Close(); return nil }) // where it never ran
	w.log.InfoContext(ctx, "listening for syslog", "source", s.Name, "network", c.Network, "address", l.Addr().String())
	w.runs("source "+s.Name, l.Run)
	return nil
}

// serverTLS reads the certificate of a listener, and the authority of its senders where they must show one.
func serverTLS(s config.Syslog) (*tls.Config, error) {
	own, err := tls.LoadX509KeyPair(s.CertFile, s.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("syslog.cert_file: %w", err)
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{own}}
	if s.ClientCAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(s.ClientCAFile)
	if err != nil {
		return nil, fmt.Errorf("syslog.client_ca_file: %w", err)
	}
	c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if !c.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("syslog.client_ca_file holds no certificate")
	}
	return c, nil
}

// keyed finds the http source whose key it is.
func keyed(sources []config.Source) func(string) (ingesthttp.Source, bool) {
	known := map[string]ingesthttp.Source{}
	for _, s := range sources {
		if s.Kind != "http" {
			continue
		}
		for _, hash := range s.KeySHA256 {
			known[strings.ToLower(hash)] = ingesthttp.Source{Name: s.Name, Tenant: s.Tenant, Format: s.Format}
		}
	}
	return func(key string) (ingesthttp.Source, bool) {
		sum := sha256.Sum256([]byte(key))
		source, ok := known[hex.EncodeToString(sum[:])]
		return source, ok
	}
}

// identities are those of the sources that have one.
func identities(cfg config.Config) pipeline.Identities {
	all := pipeline.Identities{ownSource: {Fields: []string{"event.id"}}} // said again after a crash
	for _, s := range cfg.Sources {
		if len(s.Identity.Fields) > 0 {
			all[s.Name] = pipeline.Identity{Fields: s.Identity.Fields, Shared: s.Identity.Shared, Within: s.Identity.Within}
		}
	}
	return all
}
