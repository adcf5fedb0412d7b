package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"tocsin"
)

// overrun removes records from the input that no daemon has read, as a retention that is too short does, and looks whether
// that is told: a dead letter, the metrics that the alarm rests on, health, and marks on the events that it touches.
func (o *outage) overrun(ctx context.Context) error {
	from, to, end, err := o.removeUnread(ctx)
	if err != nil {
		return err
	}
	o.say("offsets %d to %d of partition 0 were removed before they were read", from, to)
	for n := range o.fleet {
		o.replace(n).launch()
	}
	err = o.until(ctx, 2*time.Minute, func() bool {
		at, err := o.committed(ctx)
		return err == nil && slices.Equal(at, end)
	})
	if err != nil {
		return fmt.Errorf("the rest of the input is not read: %w", err)
	}
	o.note(true, "what is left of the input", "read to its end", "partition 0 from %d on", to)
	const gaps, lost = "tocsin_kafka_gaps_total", "tocsin_kafka_gap_offsets_total"
	o.note(o.sum(ctx, gaps) == 1 && o.sum(ctx, lost) == float64(to-from), "gap in the metrics of the alarm", fmt.Sprintf("1 of %d records", to-from), "%.0f of %.0f", o.sum(ctx, gaps), o.sum(ctx, lost))
	told := 0
	for _, d := range o.fleet {
		h, _ := o.healthOf(ctx, d)
		for _, t := range h.Troubles {
			if t.Part == "gap" {
				told++
			}
		}
	}
	o.note(told == 1, "gap in health", "the daemon that read there", "%d daemons", told)
	return o.overrunStored(ctx, from)
}

// removeUnread stops the daemons, produces more, and removes half of it from one partition.
func (o *outage) removeUnread(ctx context.Context) (from, to int64, end []int64, err error) {
	if err := o.stopAll(); err != nil {
		return 0, 0, nil, err
	}
	at, err := o.committed(ctx)
	if err != nil {
		return 0, 0, nil, err
	}
	some, enough := context.WithTimeout(ctx, 20*time.Second)
	defer enough()
	o.produce(some)
	_, end, err = o.bounds(ctx)
	if err != nil {
		return 0, 0, nil, err
	}
	from, to = at[0], (at[0]+end[0])/2
	return from, to, end, removeRecords(ctx, loopback(o.base), o.topic(), 0, to)
}

// overrunStored looks for the dead letter, and for events that are marked.
func (o *outage) overrunStored(ctx context.Context, from int64) error {
	var letters []tocsin.Rejection
	marked, events := 0, 0
	err := o.until(ctx, time.Minute, func() bool {
		letters, marked, events = nil, 0, 0
		err := errors.Join(
			o.call(ctx, "POST", "/"+o.name+"-*/_refresh", nil, nil),
			o.scroll(ctx, "deadletter", true, reading(func(r *tocsin.Rejection) {
				if r.Reason == "gap" {
					letters = append(letters, *r)
				}
			})),
			o.scroll(ctx, "events-*", true, func(_ string, doc json.RawMessage) error {
				var v struct{ Doc tocsin.Event }
				events++
				err := json.Unmarshal(doc, &v)
				if slices.Contains(v.Doc.Completeness.Degraded, "gap") {
					marked++
				}
				return err
			}),
		)
		return err == nil && len(letters) > 0 && marked > 0
	})
	detail := "none"
	if len(letters) > 0 {
		detail = letters[0].Detail
	}
	o.note(len(letters) == 1 && letters[0].Ref.Offset == from, "gap among the dead letters", "1", "%d: %s", len(letters), detail)
	o.note(err == nil, "events that the gap touches are marked", "some, not all", "%d of %d", marked, events)
	return nil
}

// removeRecords deletes the records of a partition below an offset, by the request that kafka-go lacks
// (DeleteRecords, version 1).
func removeRecords(ctx context.Context, broker, topic string, partition int32, below int64) error {
	text := func(b []byte, s string) []byte {
		return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...) //nolint:gosec // names are short
	}
	b := []byte{0, 21, 0, 1, 0, 0, 0, 1}                    // the request, its version, a number to know the answer by
	b = append(text(b, "chaos"), 0, 0, 0, 1)                // one topic
	b = append(text(b, topic), 0, 0, 0, 1)                  // of it, one partition
	b = binary.BigEndian.AppendUint32(b, uint32(partition)) //nolint:gosec // from 0
	b = binary.BigEndian.AppendUint64(b, uint64(below))     //nolint:gosec // from 0
	b = binary.BigEndian.AppendUint32(b, 10_000)            // ms
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", broker)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)); err != nil { //nolint:gosec // short
		return err
	}
	var size [4]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return err
	}
	answer := make([]byte, min(binary.BigEndian.Uint32(size[:]), 1<<16))
	if _, err := io.ReadFull(conn, answer); err != nil {
		return err
	}
	if code := binary.BigEndian.Uint16(answer[len(answer)-2:]); code != 0 { // it ends with the only partition's
		return fmt.Errorf("delete records: code %d", code)
	}
	return nil
}
