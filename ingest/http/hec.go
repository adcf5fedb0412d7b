package http

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	nethttp "net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin/ingest"
)

// A hecAnswer is what Splunk's HTTP event collector (HEC) answers: a code of its list, and for bad data which event.
type hecAnswer struct {
	Text  string `json:"text"`
	Code  int    `json:"code"`
	Event *int   `json:"invalid-event-number,omitempty"`

	status int
	retry  bool
}

// The answers of Splunk's documentation that have a use here.
func hecSuccess() hecAnswer  { return hecAnswer{Text: "Success", Code: 0, status: 200} }
func hecNoToken() hecAnswer  { return hecAnswer{Text: "Token is required", Code: 2, status: 401} }
func hecNoScheme() hecAnswer { return hecAnswer{Text: "Invalid authorization", Code: 3, status: 401} }
func hecBadToken() hecAnswer { return hecAnswer{Text: "Invalid token", Code: 4, status: 403} }
func hecNoData() hecAnswer   { return hecAnswer{Text: "No data", Code: 5, status: 400} }
func hecInvalid(n int) hecAnswer {
	return hecAnswer{Text: "Invalid data format", Code: 6, Event: &n, status: 400}
}

func hecBusy() hecAnswer { return hecAnswer{Text: "Server is busy", Code: 9, status: 503, retry: true} }

func hecNoEvent(n int) hecAnswer {
	return hecAnswer{Text: "Event field is required", Code: 12, Event: &n, status: 400}
}

func hecBlank(n int) hecAnswer {
	return hecAnswer{Text: "Event field cannot be blank", Code: 13, Event: &n, status: 400}
}
func hecNoAck() hecAnswer { return hecAnswer{Text: "ACK is disabled", Code: 14, status: 400} }
func hecNoQuery() hecAnswer {
	return hecAnswer{Text: "Query string authorization is not enabled", Code: 16, status: 400}
}
func hecHealthy() hecAnswer { return hecAnswer{Text: "HEC is healthy", Code: 17, status: 200} }
func hecFull() hecAnswer {
	return hecAnswer{Text: "HEC is unhealthy, queues are full", Code: 18, status: 503, retry: true}
}

// HEC serves what Splunk's HTTP event collector does below /services/collector: events, raw lines and health, but no
// acknowledgement later on: an answer of 200 says that all of the request is durable.
func (h *Handler) HEC() nethttp.Handler {
	mux := nethttp.NewServeMux()
	take := func(f func(nethttp.ResponseWriter, *nethttp.Request) hecAnswer) nethttp.HandlerFunc {
		return func(w nethttp.ResponseWriter, r *nethttp.Request) {
			started := time.Now()
			a := f(w, r)
			if a.retry {
				w.Header().Set("Retry-After", strconv.Itoa(int(max(1, h.cfg.RetryAfter.Seconds()))))
			}
			write(w, "application/json", a.status, a)
			h.metrics.answered(a.status, time.Since(started).Seconds())
		}
	}
	for _, path := range []string{"", "/event", "/event/1.0"} {
		mux.Handle("POST /services/collector"+path, take(h.hecEvents))
	}
	for _, path := range []string{"/raw", "/raw/1.0"} {
		mux.Handle("POST /services/collector"+path, take(h.hecRaw))
	}
	for _, path := range []string{"/health", "/health/1.0"} {
		mux.Handle("GET /services/collector"+path, take(func(nethttp.ResponseWriter, *nethttp.Request) hecAnswer {
			if h.opts.Now().Sub(time.Unix(0, h.refused.Load())) < h.cfg.RetryAfter {
				return hecFull()
			}
			return hecHealthy()
		}))
	}
	mux.Handle("/services/collector/ack", take(func(nethttp.ResponseWriter, *nethttp.Request) hecAnswer { return hecNoAck() }))
	return mux
}

// hecMetadata are parameters that say of all events of a request what an envelope says of one, and where that goes.
func hecMetadata() [5][2]string {
	return [...][2]string{{"host", "host.name"}, {"source", "splunk.source"}, {"sourcetype", "splunk.sourcetype"}, {"index", "splunk.index"}, {"time", "splunk.time"}}
}

// hecUnknown refuses parameters that Splunk has not either. The channel is for acknowledgements, which nobody gets here;
// times are looked for in every event.
func hecUnknown(r *nethttp.Request) *refusal {
	known := []string{"channel", "auto_extract_timestamp"}
	for _, m := range hecMetadata() {
		known = append(known, m[0])
	}
	return unknown(r, known...)
}

// hecBeside is what the query says of all events of a request.
func hecBeside(said url.Values) []ingest.Beside {
	var all []ingest.Beside
	for _, m := range hecMetadata() {
		if texts := slices.DeleteFunc(slices.Clone(said[m[0]]), func(s string) bool { return s == "" }); len(texts) > 0 {
			all = append(all, ingest.Beside{Field: m[1], Texts: texts})
		}
	}
	return all
}

// hecSender is the source of a request's token.
func (h *Handler) hecSender(r *nethttp.Request) (Source, *hecAnswer) {
	answer := func(a hecAnswer) (Source, *hecAnswer) { return Source{}, &a }
	key := keyOf(r)
	if key == "" && r.Header.Get("Authorization") != "" {
		return answer(hecNoScheme())
	}
	if key == "" && r.URL.Query().Get("token") != "" {
		return answer(hecNoQuery())
	}
	named := *r
	named.URL = &url.URL{Path: r.URL.Path} // ?source= is of the events here
	if key != "" {
		named.Header = r.Header.Clone()
		named.Header.Set("Authorization", "Bearer "+key)
	}
	source, no := h.sender(&named)
	switch {
	case no == nil:
		if no := hecUnknown(r); no != nil {
			return answer(hecAnswer{Text: no.detail, Code: 6, status: no.code})
		}
		return source, nil
	case key == "":
		return answer(hecNoToken())
	}
	return answer(hecBadToken())
}

// hecEvents takes event envelopes, one behind the other. As in Splunk those before a bad one are taken; the bad one is a
// dead letter, and with it, where it is no JSON, all behind it.
func (h *Handler) hecEvents(w nethttp.ResponseWriter, r *nethttp.Request) hecAnswer {
	source, answered := h.hecSender(r)
	if answered != nil {
		return *answered
	}
	body, stamp, give, no := h.receive(w, r, source, "")
	defer give()
	if no != nil {
		return hecOf(no)
	}
	said := r.URL.Query()
	stamp.Beside = append(stamp.Beside, hecBeside(said)...)
	var records []ingest.Record
	var bad *hecAnswer
	s := newRun(body, h.cfg.MaxRecord)
	if s.shape == shapeNone && len(s.rest) > 0 {
		bad = new(hecInvalid(0))
		stamp.Value, stamp.Fault, stamp.Detail = s.rest[:min(len(s.rest), h.cfg.MaxRecord)], faultJSON, "no JSON object begins here"
		records = append(records, stamp)
	}
	for p, ok := s.next(); ok && bad == nil; p, ok = s.next() {
		rec := stamp
		rec.Value, rec.Size, rec.Fault, rec.Detail = p.value, int64(len(p.value)), p.fault, p.detail
		switch p.fault {
		case "":
			rec.Value, bad = envelope(p.value, source.Name, len(records), said)
		case faultJSON:
			bad = new(hecInvalid(len(records)))
		}
		if bad != nil && rec.Fault == "" {
			rec.Value, rec.Fault, rec.Detail = p.value, "hec", bad.Text
		}
		records = append(records, rec)
		if len(records) > h.cfg.MaxRecords {
			return hecTooLarge(fmt.Sprintf("a request may have %d events", h.cfg.MaxRecords))
		}
	}
	return h.hecKeep(r.Context(), source, records, bad)
}

// hecRaw takes lines of text. What the query says of them goes beside each.
func (h *Handler) hecRaw(w nethttp.ResponseWriter, r *nethttp.Request) hecAnswer {
	source, answered := h.hecSender(r)
	if answered != nil {
		return *answered
	}
	body, stamp, give, no := h.receive(w, r, source, "")
	defer give()
	if no != nil {
		return hecOf(no)
	}
	stamp.Beside = append(stamp.Beside, hecBeside(r.URL.Query())...)
	var records []ingest.Record
	s := newSplitter(body, true, h.cfg.MaxRecord)
	for p, ok := s.next(); ok; p, ok = s.next() {
		rec := stamp
		rec.Value, rec.Size, rec.Fault, rec.Detail = p.value, int64(len(p.value)), p.fault, p.detail
		if records = append(records, rec); len(records) > h.cfg.MaxRecords {
			return hecTooLarge(fmt.Sprintf("a request may have %d lines", h.cfg.MaxRecords))
		}
	}
	return h.hecKeep(r.Context(), source, records, nil)
}

func (h *Handler) hecKeep(ctx context.Context, source Source, records []ingest.Record, bad *hecAnswer) hecAnswer {
	if len(records) == 0 {
		return hecNoData()
	}
	answer := &Answer{}
	for i := range records {
		if f := records[i].Fault; f != "" {
			answer.reject(i, piece{fault: f, detail: records[i].Detail})
		}
	}
	if _, no := h.commit(ctx, source.Name, records, answer); no != nil && no.answer == nil {
		return hecOf(no)
	}
	if bad != nil {
		return *bad
	}
	return hecSuccess()
}

// hecOf is a refusal in Splunk's words.
func hecOf(no *refusal) hecAnswer {
	switch no.code {
	case nethttp.StatusRequestEntityTooLarge:
		return hecTooLarge(no.detail)
	case nethttp.StatusUnsupportedMediaType:
		return hecAnswer{Text: no.detail, Code: 6, status: no.code}
	case nethttp.StatusBadRequest, nethttp.StatusRequestTimeout:
		return hecAnswer{Text: "Invalid data format", Code: 6, status: 400}
	}
	return hecBusy()
}

func hecTooLarge(detail string) hecAnswer { return hecAnswer{Text: detail, Code: 27, status: 413} }

// envelope checks one event's envelope. Where neither it nor the query says the sourcetype, or where it is from, it gets what
// Splunk gives it: the sourcetype httpevent, the source http:NAME.
func envelope(value []byte, source string, number int, said url.Values) ([]byte, *hecAnswer) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(value, &keys); err != nil {
		return value, new(hecInvalid(number))
	}
	event, ok := keys["event"]
	switch text := strings.TrimSpace(string(event)); {
	case !ok:
		return value, new(hecNoEvent(number))
	case text == `""` || text == "null":
		return value, new(hecBlank(number))
	}
	added := ""
	if _, ok := keys["sourcetype"]; !ok && !said.Has("sourcetype") {
		added += `"sourcetype":"httpevent",`
	}
	if !slices.ContainsFunc([]string{"source", "host", "index", "time"}, func(key string) bool { return keys[key] != nil || said.Has(key) }) {
		added += fmt.Sprintf(`"source":%q,`, "http:"+source)
	}
	if added == "" {
		return value, nil
	}
	at := bytes.IndexByte(value, '{') + 1
	return append(append(append(make([]byte, 0, len(value)+len(added)), value[:at]...), added...), value[at:]...), nil
}
