package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tocsin"
	"tocsin/internal/api"
	"tocsin/internal/client"
)

// bulkActions are the commands that take several incidents.
var bulkActions = []string{"assign", "acknowledge", "close", "reject", "comment"}

// bulkSize is how many incidents one request takes.
const bulkSize = 200

// bulk gives one command to several incidents, each at the revision that it is at now. What one is refused for, or that
// there is none, keeps no other from being done; the exit code says whether all were. What can be no incident's name is
// another matter: it is a slip of the whole command, and nothing is done then.
func bulk(ctx context.Context, w io.Writer, c *client.Client, action string, names []string, o *orders, output string) error {
	for _, name := range names {
		if err := nameable(name); err != nil {
			return err
		}
	}
	var items []bulkItem
	all := make([]api.BulkResult, 0, len(names))
	for _, name := range names {
		item, err := chosen(ctx, c, name)
		switch {
		case errors.Is(err, errNoSuch):
			all = append(all, api.BulkResult{Number: item.number, Code: http.StatusNotFound, Detail: err.Error()})
		case err != nil:
			return err
		case !slices.ContainsFunc(items, func(o bulkItem) bool { return o.ID == item.ID }):
			items, all = append(items, item), append(all, api.BulkResult{ID: item.ID})
		}
	}
	for part := range slices.Chunk(items, bulkSize) {
		var results []api.BulkResult
		body := map[string]any{"incidents": part, "command": o}
		if err := c.Post(ctx, "/bulk/"+action, nil, body, &results); err != nil {
			return err
		}
		for _, r := range results {
			if n := slices.IndexFunc(all, func(o api.BulkResult) bool { return o.ID == r.ID }); n >= 0 {
				all[n] = r
			}
		}
	}
	if err := printBulk(w, output, all); err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(r api.BulkResult) bool { return !r.Done }) {
		return coded(exitUnusable, errFindings)
	}
	return nil
}

// A bulkItem is an incident that a command is given to.
type bulkItem struct {
	ID       string `json:"id"`
	Revision int64  `json:"revision,omitempty"`
	number   string // by which it was called
}

// chosen finds an incident by its number or id. The error wraps errNoSuch where no incident has the number; whether one
// has the id, the answer to the command says.
func chosen(ctx context.Context, c *client.Client, name string) (bulkItem, error) {
	id, err := find(ctx, c, name)
	if err != nil {
		return bulkItem{number: strings.ToUpper(name)}, err
	}
	var i tocsin.Incident
	if err := c.Get(ctx, "/incidents/"+url.PathEscape(id), nil, &i); err != nil && !errors.Is(err, tocsin.ErrNotFound) {
		return bulkItem{}, err
	}
	return bulkItem{ID: id, Revision: i.Revision}, nil
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
		if r.Code == http.StatusNotFound {
			fmt.Fprintf(w, "%s: %s\n", name, printable(r.Detail))
			continue
		}
		fmt.Fprintf(w, "%s is as it was: %s\n", name, printable(r.Detail))
	}
	return nil
}
