package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"tocsin"
	"tocsin/internal/api"
	"tocsin/internal/client"
)

// bulkActions are the commands that take several incidents.
var bulkActions = []string{"assign", "acknowledge", "close", "reject", "comment"}

// bulkSize is how many incidents one request takes.
const bulkSize = 200

// bulk gives one command to several incidents, each at the revision that it is at now. What one is refused for keeps no
// other from being done; the exit code says whether all were.
func bulk(ctx context.Context, w io.Writer, c *client.Client, action string, names []string, o *orders, output string) error {
	type item struct {
		ID       string `json:"id"`
		Revision int64  `json:"revision,omitempty"`
	}
	var items []item
	for _, name := range names {
		id, err := find(ctx, c, name)
		if err != nil {
			return err
		}
		var i tocsin.Incident
		if err := c.Get(ctx, "/incidents/"+url.PathEscape(id), nil, &i); err != nil && !errors.Is(err, tocsin.ErrNotFound) {
			return err
		}
		items = append(items, item{id, i.Revision})
	}
	var all []api.BulkResult
	for len(items) > 0 {
		n := min(bulkSize, len(items))
		var results []api.BulkResult
		body := map[string]any{"incidents": items[:n], "command": o}
		if err := c.Post(ctx, "/bulk/"+action, nil, body, &results); err != nil {
			return err
		}
		all, items = append(all, results...), items[n:]
	}
	if err := printBulk(w, output, all); err != nil {
		return err
	}
	for _, r := range all {
		if !r.Done {
			return coded(exitUnusable, errFindings)
		}
	}
	return nil
}

func printBulk(w io.Writer, output string, all []api.BulkResult) error {
	if output != "table" {
		return printRows(w, output, all, "", nil)
	}
	for _, r := range all {
		name := strings.TrimSpace(r.Number + " " + r.ID)
		if r.Done {
			fmt.Fprintf(w, "%s is %s, revision %d\n", name, r.Status, r.Revision)
			continue
		}
		fmt.Fprintf(w, "%s is as it was: %s\n", name, printable(r.Detail))
	}
	return nil
}
