package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"tocsin"
	"tocsin/sinks/elastic"
)

// A server is Elasticsearch, with the register under a prefix of its own.
type server struct {
	*elastic.Store
	address, prefix string
	kept            bool // what is there stays
}

// openElastic opens the server. The register is kept under a prefix that is given.
func openElastic(ctx context.Context, keep string) (*server, error) {
	address := os.Getenv("TOCSIN_TEST_ES")
	if address == "" {
		return nil, errors.New("TOCSIN_TEST_ES is not set: deploy/stack/up starts a server")
	}
	s := &server{address: address, prefix: keep, kept: keep != ""}
	if !s.kept {
		s.prefix = fmt.Sprintf("bench%d-", time.Now().UnixNano())
	}
	var err error
	if s.Store, err = elastic.New(elastic.Config{Addresses: []string{address}, Prefix: s.prefix, Timeout: 2 * time.Minute}); err != nil {
		return nil, err
	}
	_, err = s.Setup(ctx)
	return s, err
}

// wipe removes what was filled, unless it is kept; also where the run's time is over.
func (s *server) wipe() error {
	errs := []error{s.Close()}
	if !s.kept {
		for _, path := range append(s.indices(), s.prefix+"state", s.prefix+"events-2025.12", s.prefix+"alerts-2025.12") {
			errs = append(errs, s.ask(context.Background(), http.MethodDelete, path+"?ignore_unavailable=true", nil, nil))
		}
		for _, template := range []string{"alerts", "register", "logs"} {
			errs = append(errs, s.ask(context.Background(), http.MethodDelete, "_index_template/"+s.prefix+template, nil, nil))
		}
		for month := range 12 {
			for _, kind := range []string{"events", "alerts"} {
				errs = append(errs, s.ask(context.Background(), http.MethodDelete, fmt.Sprintf("%s%s-2026.%02d?ignore_unavailable=true", s.prefix, kind, month+1), nil, nil))
			}
		}
	}
	return errors.Join(errs...)
}

// indices are those that are filled.
func (s *server) indices() []string {
	all := []string{s.prefix + "incidents"}
	for month := range 12 {
		for _, kind := range []string{"log", "intervals"} {
			all = append(all, fmt.Sprintf("%s%s-2026.%02d", s.prefix, kind, month+1))
		}
	}
	return all
}

// filled reports whether so many incidents are there.
func (s *server) filled(ctx context.Context, incidents int) (bool, error) {
	var reply struct {
		Count int `json:"count"`
	}
	err := s.ask(ctx, http.MethodGet, s.prefix+"incidents/_count?ignore_unavailable=true&allow_no_indices=true", nil, &reply)
	return reply.Count == incidents, err
}

// writers is how many bulks are under way at a time: the server has as many cores, or fewer.
const writers = 3

// fill writes batches side by side. Searches need to see nothing meanwhile, and what a crash would lose is filled anew.
func (s *server) fill(ctx context.Context, batches func(yield func(tocsin.Documents) bool)) error {
	for _, index := range s.indices() {
		body := map[string]any{"settings": map[string]any{"index": map[string]any{"refresh_interval": "-1", "translog": map[string]any{"durability": "async"}}}}
		if err := s.ask(ctx, http.MethodPut, index, body, nil); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work := make(chan tocsin.Documents)
	failed := make([]error, writers)
	var wg sync.WaitGroup
	for n := range writers {
		wg.Go(func() {
			for d := range work {
				errs, err := s.Save(ctx, d)
				if err = errors.Join(append(errs, err)...); err != nil && failed[n] == nil {
					failed[n] = err
					cancel()
				}
			}
		})
	}
	for d := range batches {
		if ctx.Err() != nil {
			break
		}
		work <- d
	}
	close(work)
	wg.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	return s.settle(ctx)
}

// settle makes the indices what they are in use.
func (s *server) settle(ctx context.Context) error {
	for _, index := range s.indices() {
		body := map[string]any{"index": map[string]any{"refresh_interval": nil, "translog": map[string]any{"durability": nil}}}
		if err := errors.Join(s.ask(ctx, http.MethodPut, index+"/_settings", body, nil), s.ask(ctx, http.MethodPost, index+"/_refresh", nil, nil)); err != nil {
			return err
		}
	}
	return nil
}

// ask sends one request as an administrator would.
func (s *server) ask(ctx context.Context, method, path string, body, reply any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	if body == nil {
		text = nil
	}
	req, err := http.NewRequestWithContext(ctx, method, s.address+"/"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest && (method != http.MethodDelete || res.StatusCode != http.StatusNotFound) {
		return fmt.Errorf("%s %s: %s %.300s", method, path, res.Status, answer)
	}
	if reply == nil {
		return nil
	}
	return json.Unmarshal(answer, reply)
}
