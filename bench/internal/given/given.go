// Package given is how benches speak with servers that they are given, and leave these as they found them.
package given

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/segmentio/kafka-go"
)

// Call does one request to the Elasticsearch at an address, with JSON or lines of it, and reads the answer into what into
// points to; nil reads it and keeps nothing. A status of 300 or more is an error with the beginning of what was said.
func Call(ctx context.Context, address, method, path string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 300))
		return fmt.Errorf("%s %s: %w: %s", method, req.URL.Path, StatusError(resp.StatusCode), text)
	}
	if into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			return err
		}
	}
	_, err = io.Copy(io.Discard, resp.Body) // so that the connection is used again
	return err
}

// A StatusError is the status of an answer that says that a call failed.
type StatusError int

func (e StatusError) Error() string { return fmt.Sprintf("%d %s", int(e), http.StatusText(int(e))) }

// Wipe removes what a run made under its name: its input, the internal topics, indices and templates.
func Wipe(ctx context.Context, client *kafka.Client, address, name, input string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	_, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{input, name + ".matches", name + ".events", name + ".intake"}})
	errs := []error{err}
	var indices []struct{ Index string }
	errs = append(errs, Call(ctx, address, http.MethodGet, "/_cat/indices/"+name+"-*?format=json&h=index", nil, &indices))
	for _, i := range indices {
		errs = append(errs, Call(ctx, address, http.MethodDelete, "/"+i.Index, nil, nil))
	}
	for _, template := range []string{"alerts", "register"} {
		errs = append(errs, Call(ctx, address, http.MethodDelete, "/_index_template/"+name+"-"+template, nil, nil))
	}
	return errors.Join(errs...)
}
