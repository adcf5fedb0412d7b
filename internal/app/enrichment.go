package app

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"tocsin/ingest/enrich"
	"tocsin/internal/config"
)

// enrichSpec says what a configuration enriches alerts with.
func enrichSpec(c config.Enrich) enrich.Spec {
	s := enrich.Spec{
		Databases: c.Databases, Most: c.MaxIndicators, CommunityID: c.CommunityID, RegisteredDomain: c.RegisteredDomain, UserAgent: c.UserAgent,
	}
	for _, l := range c.Lists {
		s.Lists = append(s.Lists, enrich.ListSpec{Name: l.Name, File: l.File, Format: l.Format, Plain: !l.IOC, StaleAfter: l.StaleAfter})
	}
	return s
}

type (
	// A List is what is read of a list.
	List = enrich.List
	// A Hit is an indicator that a value meets.
	Hit = enrich.Hit
)

// ReadEnrichment reads what a configuration enriches alerts with. The error names all faults of all files.
func ReadEnrichment(c config.Enrich) (*enrich.Knowledge, error) { return enrich.Read(enrichSpec(c)) }

// openEnrichment reads the lists and databases and watches them.
func (a *App) openEnrichment(ctx context.Context) (err error) {
	files := a.listFiles()
	var w *fsnotify.Watcher
	var unwatched error // told after what is wrong with the files
	if len(files) > 0 { // watched from before they are read for the first time
		w, unwatched = a.watchFiles("list watcher", files)
	}
	if a.enrich, err = enrich.NewLive(enrichSpec(a.cfg.Enrich), a.now); err != nil {
		return err
	}
	if len(files) == 0 || unwatched != nil {
		return unwatched
	}
	a.reg.MustRegister(a.enrich.Collector())
	a.inForce(ctx)
	a.tellStale(ctx)
	a.runs("lists", func(ctx context.Context) error { return a.watchLists(ctx, w) })
	return nil
}

// listFiles are the lists and databases.
func (a *App) listFiles() []string {
	var files []string
	for _, file := range a.cfg.Enrich.Databases {
		files = append(files, filepath.Clean(file))
	}
	for _, l := range a.cfg.Enrich.Lists {
		files = append(files, filepath.Clean(l.File))
	}
	return files
}

// watchLists reads the lists and databases again when one of them changes, and tells of lists that grow stale.
func (a *App) watchLists(ctx context.Context, w *fsnotify.Watcher) error {
	files := a.listFiles()
	quiet, age := time.NewTimer(time.Hour), time.NewTicker(time.Minute)
	quiet.Stop()
	defer age.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-w.Errors:
			a.log.WarnContext(ctx, "lists are not watched reliably", "err", err)
		case e := <-w.Events:
			if slices.Contains(files, filepath.Clean(e.Name)) {
				quiet.Reset(a.cfg.Rules.Reload)
			}
		case <-quiet.C:
			a.rereadLists(ctx)
			a.tellStale(ctx)
		case <-age.C:
			a.tellStale(ctx)
		}
	}
}

// rereadLists puts the lists in force as they are now. Faults change nothing but what health, metrics and log say.
func (a *App) rereadLists(ctx context.Context) {
	changed, err := a.enrich.Reload()
	if err != nil {
		if a.health.Fail("lists", err, a.now()) {
			a.log.ErrorContext(ctx, "lists have faults, the old ones stay in force", "err", err)
		}
		return
	}
	a.health.Heal("lists")
	if changed {
		a.inForce(ctx)
	}
}

// tellStale lets health say which lists are older than they may be.
func (a *App) tellStale(ctx context.Context) {
	stale := a.enrich.Stale()
	if len(stale) == 0 {
		a.health.Heal("stale lists")
		return
	}
	a.health.Fail("stale lists", staleError(stale), a.now())
	a.log.DebugContext(ctx, "lists are older than they may be", "lists", stale)
}

type staleError []string

func (s staleError) Error() string { return "older than stale_after: " + strings.Join(s, " ") }

// An enforcedLists is what was in force from a time on: a line of the file enrichment.ndjson of the data folder.
type enforcedLists struct {
	At        time.Time         `json:"at"`
	Version   string            `json:"version"` // alerts have it in tocsin.enrichment
	Lists     []enrich.List     `json:"lists"`
	Databases []enrich.Database `json:"databases,omitempty"`
}

// inForce writes down what has been put in force, and tells it.
func (a *App) inForce(ctx context.Context) {
	k := a.enrich.Current()
	entries := 0
	for _, l := range k.Lists() {
		entries += l.Entries
	}
	a.log.InfoContext(ctx, "lists in force", "version", k.Version(), "lists", len(k.Lists()), "indicators", entries, "bytes", k.Bytes())
	if err := a.noteLists(enforcedLists{At: a.now().UTC(), Version: k.Version(), Lists: k.Lists(), Databases: k.Databases()}); err != nil {
		a.log.WarnContext(ctx, "what lists are in force was not written down", "err", err)
	}
}

func (a *App) noteLists(e enforcedLists) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(a.cfg.DataDir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(a.cfg.DataDir, "enrichment.ndjson"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
