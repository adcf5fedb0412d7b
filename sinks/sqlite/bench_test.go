package sqlite

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"tocsin"
)

// BenchmarkJournal appends and reads back records of 1 KiB, 500 to a commit.
func BenchmarkJournal(b *testing.B) {
	raw := bytes.Repeat([]byte(`{"a":1},`), 128)
	b.Run("append", func(b *testing.B) {
		s := open(b, Options{})
		n := 0
		for b.Loop() {
			entries := make([]JournalEntry, 500)
			for i := range entries {
				entries[i] = JournalEntry{Kind: JournalRecord, Source: "http", Position: fmt.Sprint(n), Received: noon, Raw: raw}
				n++
			}
			if _, err := s.Journal(b.Context(), entries); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
	})
	b.Run("append and read", func(b *testing.B) {
		s := open(b, Options{})
		n, read := 0, 0
		for b.Loop() {
			entries := make([]JournalEntry, 500)
			for i := range entries {
				entries[i] = JournalEntry{Kind: JournalRecord, Source: "http", Position: fmt.Sprint(n), Received: noon, Raw: raw}
				n++
			}
			if _, err := s.Journal(b.Context(), entries); err != nil {
				b.Fatal(err)
			}
			got, err := s.ReadJournal(b.Context(), int64(read)+1, 500)
			if err != nil {
				b.Fatal(err)
			}
			read += len(got)
		}
		b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "records/s")
	})
	b.Run("append one by one", func(b *testing.B) {
		s := open(b, Options{})
		n := 0
		for b.Loop() {
			if _, err := s.Journal(b.Context(), []JournalEntry{{Kind: JournalRecord, Source: "http", Position: fmt.Sprint(n), Raw: raw}}); err != nil {
				b.Fatal(err)
			}
			n++
		}
	})
}

// BenchmarkStoreAlerts stores alerts of 1 KiB with 20 fields, 500 to a transaction.
func BenchmarkStoreAlerts(b *testing.B) {
	s := open(b, Options{})
	raw := bytes.Repeat([]byte(`{"a":1},`), 128)
	var leaves []tocsin.Field
	for i := range 20 {
		leaves = append(leaves, tocsin.Field{Name: fmt.Sprintf("field.number%d", i), Value: tocsin.StringValue("some value of a field")})
	}
	fields, digest, n := tocsin.NewFields(leaves), sha256.Sum256(raw), int64(0)
	for b.Loop() {
		alerts := make([]tocsin.Alert, 500)
		for i := range alerts {
			alerts[i] = tocsin.Alert{Tenant: "default", Source: "edr", Format: "ecs", Time: noon, Received: noon, Raw: raw, SHA256: digest, Fields: fields, Ref: tocsin.Ref{Topic: "journal", Offset: n}}
			alerts[i].ID = tocsin.AlertID("default", alerts[i].Ref, alerts[i].Digest())
			n++
		}
		if _, err := s.StoreAlerts(b.Context(), alerts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "alerts/s")
}
