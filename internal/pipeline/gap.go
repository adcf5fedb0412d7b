package pipeline

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"tocsin"
	"tocsin/ingest/kafka"
)

// GapReason is the reason of the dead letter of a gap.
const GapReason = "gap"

// GapLetter is the dead letter of records that were lost before they could be read.
func GapLetter(g kafka.Gap, source, tenant string, at time.Time) tocsin.Rejection {
	ref := tocsin.Ref{Topic: g.Topic, Partition: g.Partition, Offset: g.From, Incarnation: g.Incarnation}
	lost := fmt.Sprintf("offsets %d to %d were lost", g.From, g.To)
	if g.Reason == "recreated" { // its offsets begin again
		lost = fmt.Sprintf("the topic was made anew: what the one before had from offset %d on was lost, if anything", g.From)
	}
	return tocsin.Rejection{
		ID: tocsin.RejectionID("", ref, strconv.FormatInt(g.To, 10)), Tenant: tenant, Source: source, Ref: ref, Received: at, Stage: "intake", Reason: GapReason,
		Detail: fmt.Sprintf("%s %d: %s (%s)", g.Topic, g.Partition, lost, g.Reason), Attempts: 1,
	}
}

// gaps says what was lost before the records of a round: in the dead-letter place, and in the matches log, so that events
// which may lack alerts are marked. Both stand before the offset moves, or they are said again. before is the greatest
// time that was accepted ahead of the round: the lost alerts may be later than that, and earlier than the round's.
func (d *KafkaDetect) gaps(ctx context.Context, in *input, got kafka.Fetched, before time.Time, round []Detection) error {
	if len(got.Gaps) == 0 {
		return nil
	}
	tenant := "default"
	if len(got.Records) > 0 {
		tenant = got.Records[0].Tenant
	}
	letters := make([]tocsin.Rejection, len(got.Gaps))
	for i, g := range got.Gaps {
		letters[i] = GapLetter(g, in.policy.Source, tenant, d.Now())
	}
	err := d.Retry.Do(ctx, "elasticsearch", func() error { return in.detector.Dead.StoreRejections(ctx, letters) })
	if err != nil {
		return err
	}
	m := in.progress.Marker(got.Next)
	if len(got.Records) > 0 {
		m.Offset = got.Records[0].Ref.Offset
	}
	m.Greatest, m.Accepted, m.Seen = before, 0, nil // those of the round come with its own marker
	m.Gap = &tocsin.Gap{To: d.lastOf(before, round)}
	if !before.IsZero() {
		m.Gap.From = before.Add(-in.policy.Disorder)
	}
	return d.publish(ctx, []tocsin.LogRecord{{Marker: &m}})
}

// lastOf is the time that alerts which were lost ahead of a round may have reached: that of the round's latest, or now
// where it brought none.
func (d *KafkaDetect) lastOf(before time.Time, round []Detection) time.Time {
	last := before
	for i := range round {
		if a := round[i].Alert; a != nil && a.Time.After(last) {
			last = a.Time
		}
	}
	if last.Equal(before) {
		return d.Now()
	}
	return last
}
