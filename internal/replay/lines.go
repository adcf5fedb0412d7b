package replay

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"time"

	"tocsin/ingest/decode"
)

// Decode writes one line per input record, in order: the normalised alert as nested ECS, or why there is none.
func Decode(ctx context.Context, o Options, files []string, w io.Writer) (Summary, error) {
	sum := Summary{Rejected: map[string]int64{}, Marks: map[string]int64{}}
	out := bufio.NewWriterSize(w, 1<<16)
	err := each(ctx, o, files, func(in Input) error {
		sum.Records++
		if in.Rejection != nil {
			sum.Rejected[in.Rejection.Reason]++
			return writeJSON(out, rejected(in))
		}
		sum.Alerts++
		doc, err := decode.Document(*in.Alert, in.Case)
		if err != nil {
			return err
		}
		_, err = out.Write(append(doc, '\n'))
		return err
	})
	if err != nil {
		return sum, err
	}
	return sum, out.Flush()
}

// Match writes a line for each record that rules match by their own expressions, correlation aside.
func Match(ctx context.Context, o Options, files []string, w io.Writer) (Summary, error) {
	sum := Summary{Rejected: map[string]int64{}, Marks: map[string]int64{}}
	out := bufio.NewWriterSize(w, 1<<16)
	matcher := o.Set.Matcher()
	err := each(ctx, o, files, func(in Input) error {
		sum.Records++
		if in.Rejection != nil {
			sum.Rejected[in.Rejection.Reason]++
			return nil
		}
		sum.Alerts++
		ids := matcher.Fires(in.Alert)
		if len(ids) == 0 {
			return nil
		}
		sum.Matches += int64(len(ids))
		return writeJSON(out, fired{File: in.Record.Ref.File, Line: in.Record.Ref.Line, Case: in.Case, Rules: ids})
	})
	if err != nil {
		return sum, err
	}
	return sum, out.Flush()
}

// Cost matches the records and measures on each what every rule costs: [rules.State.Cost] and [rules.Set.Search] of
// the set have it then. The clock never goes back.
func Cost(ctx context.Context, o Options, files []string, clock func() time.Duration) (Summary, error) {
	sum := Summary{Rejected: map[string]int64{}, Marks: map[string]int64{}}
	matcher := o.Set.Matcher()
	matcher.Time(clock, 1)
	err := each(ctx, o, files, func(in Input) error {
		sum.Records++
		if in.Rejection != nil {
			sum.Rejected[in.Rejection.Reason]++
			return nil
		}
		sum.Alerts++
		sum.Matches += int64(len(matcher.Match(in.Alert)))
		return nil
	})
	return sum, err
}

type fired struct {
	File  string   `json:"file"`
	Line  int64    `json:"line"`
	Case  string   `json:"id,omitempty"`
	Rules []string `json:"rules"`
}

// rejected is the line of a record that is no alert.
func rejected(in Input) any {
	doc := map[string]any{"tocsin": map[string]any{"rejected": map[string]any{"reason": in.Rejection.Reason, "detail": in.Rejection.Detail}}}
	if in.Case != "" {
		doc["labels"] = map[string]any{"case_id": in.Case}
	}
	return doc
}

// each decodes the files one after the other, each record for itself.
func each(ctx context.Context, o Options, files []string, f func(Input) error) error {
	streams, closeAll, err := open(o, files)
	if err != nil {
		return err
	}
	defer closeAll()
	for _, s := range streams {
		s.clock.Keep = true
		if err := merge(ctx, []*stream{s}, f); err != nil {
			return err
		}
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}
