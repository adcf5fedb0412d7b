package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"tocsin"
	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/ingest/enrich"
	"tocsin/internal/config"
	"tocsin/internal/fault"
)

// loadMappings reads mapping files. The error is a [fault.List] of all that is wrong with all of them.
func loadMappings(names []string) ([]*decode.Mapping, error) {
	var all []*decode.Mapping
	var faults fault.List
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			faults = append(faults, fault.Fault{File: name, Message: err.Error(), Remedy: "name a mapping file that can be read"})
			continue
		}
		m, err := decode.LoadMapping(name, text)
		if l, ok := errors.AsType[fault.List](err); ok {
			faults = append(faults, l...)
		} else if err != nil {
			faults = append(faults, fault.Fault{File: name, Message: err.Error()})
		}
		all = append(all, m)
	}
	return all, faults.Err()
}

// A MappingReport is what the tests in mapping files said.
type MappingReport struct {
	Passed, Failed int
	Failures       []string // a line each, with its place
	Untested       []string // files without tests
}

// TestMappings runs the tests in mapping files. The error names all faults of the files.
func TestMappings(names []string) (MappingReport, error) {
	var r MappingReport
	mappings, err := loadMappings(names)
	if err != nil {
		return r, err
	}
	for i, m := range mappings {
		tests, failures, err := m.Check()
		if err != nil {
			return r, fmt.Errorf("%s: %w", names[i], err)
		}
		if tests == 0 {
			r.Untested = append(r.Untested, names[i])
		}
		failed := map[int]bool{} // a test may fail in several fields
		for _, f := range failures {
			failed[f.Line] = true
			r.Failures = append(r.Failures, fmt.Sprintf("%s:%d: %s: %s", names[i], f.Line, f.Test, f.Message))
		}
		r.Failed += len(failed)
		r.Passed += tests - len(failed)
	}
	return r, nil
}

// A liveDecoder decodes by the mapping files as they stand: after each reading of them it makes a decoder anew. Like any
// decoder it is for one goroutine.
type liveDecoder struct {
	files *mappingFiles
	at    *[]*decode.Mapping // what dec was made of
	dec   *decode.Decoder
	added *enrich.Enricher
}

// mappingFiles are the configured mapping files, as they were when they were last sound.
type mappingFiles struct {
	cfg     config.Config
	format  string
	current atomic.Pointer[[]*decode.Mapping]
	enrich  *enrich.Live
}

func newMappingFiles(cfg config.Config, format string, live *enrich.Live) (*mappingFiles, error) {
	f := &mappingFiles{cfg: cfg, format: format, enrich: live}
	return f, f.read()
}

// read reads the files. One with a fault, or a set that lacks a format that a source names, changes nothing.
func (f *mappingFiles) read() error {
	all, err := loadMappings(f.cfg.Mappings)
	if err != nil {
		return err
	}
	if _, err := newDecoder(f.cfg, f.format, all, nil); err != nil {
		return err
	}
	f.current.Store(&all)
	return nil
}

func (f *mappingFiles) decoder() (*liveDecoder, error) {
	d := &liveDecoder{files: f, added: f.enrich.Enricher()}
	return d, d.renew()
}

func (d *liveDecoder) renew() error {
	at := d.files.current.Load()
	dec, err := newDecoder(d.files.cfg, d.files.format, *at, d.added)
	if err == nil {
		d.at, d.dec = at, dec
	}
	return err
}

// Decode is [decode.Decoder.Decode].
func (d *liveDecoder) Decode(r ingest.Record) (tocsin.Alert, *tocsin.Rejection) {
	if d.at != d.files.current.Load() {
		_ = d.renew() // reading the files made one of them already, so another can be made
	}
	return d.dec.Decode(r)
}

// Renew implements [pipeline.Renewer]: lists are taken over between two batches.
func (d *liveDecoder) Renew() bool { return d.added.Renew() }

// rereadMappings takes over the mapping files as they are now. Files with a fault change nothing but what health says.
func (a *App) rereadMappings(ctx context.Context) {
	if len(a.cfg.Mappings) == 0 {
		return
	}
	if err := a.mappings.read(); err != nil {
		if a.health.Fail("mappings", err, a.now()) {
			a.log.ErrorContext(ctx, "mapping files have faults, the old ones stay in force", "err", err)
		}
		return
	}
	a.health.Heal("mappings")
	if a.took("mappings", a.cfg.Mappings...) {
		a.log.InfoContext(ctx, "mapping files reloaded", "files", len(a.cfg.Mappings))
	}
}
