package app_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tocsin/internal/app"
)

// A matches log that had another number of partitions at the first start is refused, though topic and configuration agree.
func TestPartitionsOfTheFirstStart(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	o := app.Options{Config: s.cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	st, err := app.NewElastic(s.cfg.Elasticsearch, o, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := st.Partitions(t.Context(), s.cfg.Kafka.Prefix+"matches", s.cfg.Kafka.Partitions+1); err != nil {
		t.Fatal(err)
	}
	_, err = app.New(t.Context(), o)
	if !errors.Is(err, app.ErrUnfit) || !strings.Contains(err.Error(), "at the first start and now has") {
		t.Errorf("started, or ended with %v", err)
	}
}
