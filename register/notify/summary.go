package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin"
)

// summarise takes the notices that a window held, and that are to be told as one, out of what is due, and puts their
// summary in. The summary is written first and names its members; a kill before they are marked is made good by its
// being there, and what it does not name is sent by itself.
func (d *Courier) summarise(ctx context.Context, due []tocsin.Notice) ([]tocsin.Notice, error) {
	groups := map[string][]tocsin.Notice{}
	for _, n := range due {
		if n.Held != "" && d.then(n.Held) == "summary" {
			key := n.Held + "\x00" + strconv.FormatInt(n.Due.UnixNano(), 10)
			groups[key] = append(groups[key], n)
		}
	}
	for _, group := range groups {
		if len(group) < 2 {
			continue
		}
		s, err := d.group(ctx, group)
		if err != nil {
			return nil, err
		}
		for _, n := range group {
			if !slices.Contains(s.Members, n.ID) {
				continue
			}
			due = slices.DeleteFunc(due, func(is tocsin.Notice) bool { return is.ID == n.ID })
			was, err := d.Outbox.Notice(ctx, n.ID)
			if err != nil {
				return nil, fmt.Errorf("outbox: %w", err)
			}
			if was.State != tocsin.NoticeWaiting {
				continue
			}
			was.State, was.Into = tocsin.NoticeSummarised, s.ID
			d.metrics.notices.WithLabelValues(n.Receiver, "summarised").Inc()
			if err := d.change(ctx, was); err != nil {
				return nil, err
			}
		}
		due = append(due, s)
	}
	return due, nil
}

func (d *Courier) then(window string) string {
	for _, w := range d.going.Load().config.Windows {
		if w.Name == window {
			return w.Then
		}
	}
	return "send"
}

// group is the summary of what one window held for one receiver: the stored one, where there is one.
func (d *Courier) group(ctx context.Context, group []tocsin.Notice) (tocsin.Notice, error) {
	first := group[0]
	s := tocsin.Notice{
		ID:       tocsin.Hash("summary", first.Receiver, first.Held, strconv.FormatInt(first.Due.UnixNano(), 10)),
		Receiver: first.Receiver, Route: first.Route, State: tocsin.NoticeWaiting, Created: d.Now(), Due: first.Due, Held: first.Held, Version: 1,
	}
	for _, n := range group {
		s.Members = append(s.Members, n.ID)
		s.Tenant = n.Tenant
	}
	if slices.ContainsFunc(group, func(n tocsin.Notice) bool { return n.Tenant != s.Tenant }) {
		s.Tenant = ""
	}
	err := d.create(ctx, s)
	if err != nil {
		return s, err
	}
	there, err := d.Outbox.Notice(ctx, s.ID)
	if errors.Is(err, tocsin.ErrNotFound) {
		return s, nil
	}
	return there, err
}

// maxLines is how many notices a summary tells one by one.
const maxLines = 50

// summary is the message of one: a line for each notice.
func (d *Courier) summary(ctx context.Context, n *tocsin.Notice) (Message, error) {
	m := Message{ID: n.ID, Kind: "summary", At: n.Created, Route: n.Route, Notices: n.Members}
	m.Title = fmt.Sprintf("%d notices were held by the quiet window %s", len(n.Members), n.Held)
	var lines []string
	for k, id := range n.Members {
		if k == maxLines {
			lines = append(lines, fmt.Sprintf("and %d more", len(n.Members)-maxLines))
			break
		}
		member, err := d.Outbox.Notice(ctx, id)
		if err != nil {
			return m, fmt.Errorf("outbox: %w", err)
		}
		i, err := d.Register.Incident(ctx, member.Incident)
		if err != nil {
			return m, fmt.Errorf("incident %s: %w", member.Incident, err)
		}
		if !d.mayTell(&member, &i) {
			lines = append(lines, line(member.Created.UTC().Format(time.RFC3339)+" of a restricted incident"))
			continue
		}
		lines = append(lines, line(fmt.Sprintf("%s %s %s: %s, now %s", member.Created.UTC().Format(time.RFC3339), member.Number, i.Title, member.Action, i.Status)))
	}
	m.Text = plain(strings.Join(lines, "\n"), maxBody)
	return m, nil
}
