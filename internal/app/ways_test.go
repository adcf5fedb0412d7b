package app_test

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/config"
	"tocsin/sinks/sqlite"
)

// way adds a source with the defaults of sources to the configuration.
func (h *house) way(s config.Source) {
	s.Tenant, s.Format, s.Store = "default", "auto", "all"
	s.Disorder, s.Lateness, s.IdleAfter = time.Minute, time.Hour, 30*time.Second
	h.cfg.Sources = append(h.cfg.Sources, s)
}

// freeAddress is one that nothing listens on, for the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// alerts are those in the register's file.
func (h *house) alerts() []tocsin.Alert {
	h.t.Helper()
	ctx := context.Background()
	st, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(h.cfg.DataDir, "tocsin.db")})
	if err != nil {
		h.t.Fatal(err)
	}
	defer st.Close()
	var all []tocsin.Alert
	for cursor := ""; ; {
		page, next, err := st.Alerts(ctx, time.Time{}, 500, cursor)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, page...)
		if cursor = next; next == "" {
			return all
		}
	}
}

// A syslog message becomes an alert of its source, which says where it came from.
func TestSyslogToAlert(t *testing.T) {
	h := newHouse(t)
	listen := freeAddress(t)
	h.way(config.Source{Name: "fw", Kind: "syslog", Syslog: config.Syslog{Network: "tcp", Address: listen, MaxMessage: 64 << 10, MaxConnections: 10, Idle: time.Minute}})
	h.open()
	c, err := net.Dial("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "<38>1 %s host1 sshd 4711 - - Failed password for root from 203.0.113.7 port 4711 ssh2\n", time.Now().UTC().Format(time.RFC3339))
	c.Close()
	h.settled(1, 0)
	a := h.alerts()[0]
	if a.Source != "fw" || a.Fields.Get("log.source.address").Text() != "127.0.0.1" || a.Fields.Get("source.ip").Text() != "203.0.113.7" {
		t.Errorf("%s from %s of %s", a.Source, a.Fields.Get("source.ip").Text(), a.Fields.Get("log.source.address").Text())
	}
}
