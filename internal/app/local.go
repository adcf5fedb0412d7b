package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tocsin"
	"tocsin/internal/api"
	"tocsin/internal/auth"
	"tocsin/internal/dossier"
	"tocsin/internal/pipeline"
	"tocsin/register"
	"tocsin/sinks"
	"tocsin/sinks/sqlite"
)

// The files in the data folder by which the commands of the shell find the daemon, mode 0600.
const (
	Address = "url"      // of the daemon that runs
	Token   = auth.Local // of its user
)

// lockFile is locked while a process has the data folder open.
const lockFile = "lock"

// announce writes where the daemon can be reached, for the commands of the shell, and takes it back at the end.
func (a *App) announce(ctx context.Context) error {
	name := filepath.Join(a.cfg.DataDir, Address)
	if err := os.WriteFile(name, []byte(a.URL()+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the daemon's address: %w", err)
	}
	<-ctx.Done()
	if text, err := os.ReadFile(name); err == nil && string(text) == a.URL()+"\n" { // not that of one that came after
		return os.Remove(name)
	}
	return nil
}

// ErrLocked says that another process has the data folder open.
var ErrLocked = errors.New("is in use by another tocsin")

// lock holds the data folder for this process: two daemons over one journal would process it twice.
func (a *App) lock() error {
	if err := os.MkdirAll(a.cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("data_dir: %w", err)
	}
	name := filepath.Join(a.cfg.DataDir, lockFile)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("data_dir: %w", err)
	}
	if err := flock(f); err != nil {
		return errors.Join(fmt.Errorf("%s %w", a.cfg.DataDir, ErrLocked), f.Close())
	}
	a.onStop("lock", func(context.Context) error { return f.Close() }) // which unlocks
	return nil
}

// lockPatiently is lock for a daemon, which waits two seconds for a command of the shell to come to its end.
func (a *App) lockPatiently(ctx context.Context) error {
	again := time.NewTicker(5 * time.Millisecond) // commands of a script may follow one another at once
	defer again.Stop()
	for tries := 1; ; tries++ {
		err := a.lock()
		if tries == 400 || !errors.Is(err, ErrLocked) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-again.C:
		}
	}
}

// A Local is the embedded register opened without a daemon: the API alone, in this process.
type Local struct {
	Handler http.Handler
	app     *App
}

// OpenLocal opens the embedded register for the commands of the shell while no daemon runs. The error wraps
// [ErrUnreachable] where there is none, and [ErrLocked] where a daemon or another command has it.
func OpenLocal(ctx context.Context, o Options) (_ *Local, err error) {
	if o.Config.Mode != "embedded" {
		return nil, fmt.Errorf("the daemon %w, and mode %s has no register in %s", ErrUnreachable, o.Config.Mode, o.Config.DataDir)
	}
	file := filepath.Join(o.Config.DataDir, "tocsin.db")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the daemon %w, and there is no register in %s", ErrUnreachable, o.Config.DataDir)
	}
	a := &App{cfg: o.Config, log: o.Log, now: o.Now, reg: prometheus.NewRegistry(), health: &pipeline.Health{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.unwind(ctx))
		}
	}()
	if err := a.openScales(); err != nil {
		return nil, err
	}
	if err := a.lock(); err != nil {
		return nil, err
	}
	st, err := sqlite.Open(ctx, sqlite.Options{Path: file, MaxBytes: int64(a.cfg.SQLite.MaxBytes)})
	if err != nil {
		return nil, err
	}
	a.onStop("register", func(context.Context) error { return st.Close() })
	if err := a.openNotify(st); err != nil {
		return nil, err
	}
	tokens, err := a.tokens()
	if err != nil {
		return nil, err
	}
	people, err := a.people(ctx, st, tokens)
	if err != nil {
		return nil, err
	}
	j, err := openJournal(ctx, st)
	if err != nil {
		return nil, err
	}
	press, err := dossier.New(a.cfg.Reports.Template)
	if err != nil {
		return nil, err
	}
	letters := a.letters(st, intake{j: j, cap: a.cfg.Intake.Backlog}) // what is sent again waits for the daemon
	view := a.view(st)
	return &Local{app: a, Handler: api.New(api.Options{
		Register: view, Store: view, Whole: st, DeadLetters: letters, Dispose: letters.dispose, Rules: a.rulesOnDisk,
		Search: view, Exceptions: a.exceptionsOnDisk, Sources: func() []api.Source { return nil },
		Audit: st, Trail: a.trail(st), WhyNot: noEngine, Measures: st, Quality: func(ctx context.Context, tenant string, since time.Time) (register.Qualities, error) {
			return register.RuleQuality(ctx, st, tenant, since)
		},
		Press: press, Reports: a.desk(st, nil),
		Health: func() any { return a.health.Report() }, Tokens: tokens, Version: "1", Now: a.now, Log: a.log,
		Regimes: a.regimesInForce, Custodian: a.evidence(st),
		Directory: people.directory,
		Notifier:  a.notifier(),
	})}, nil
}

// rulesOnDisk tells of the configured rules where no daemon has them in force.
func (a *App) rulesOnDisk() api.Rules {
	out := api.Rules{Rules: []api.Rule{}}
	set, err := LoadRules(a.cfg.Rules.Folders, a.cfg.Rules.Shipped, a.scales(), a.cfg.Rules.Sigma.Pipelines...)
	if err != nil {
		out.Stale, out.Faults = true, err.Error()
		return out
	}
	for _, r := range set.Rules() {
		out.Rules = append(out.Rules, api.Rule{
			ID: r.ID, Title: r.Title, Version: r.Version, Status: r.Status, Level: r.Level, Kind: string(r.Correlate.Kind), Category: r.Category,
			Absent: map[string]int64{}, Degraded: []string{}, Blind: []api.Blind{},
		})
	}
	return out
}

// noEngine answers why-not where no daemon runs.
func noEngine(string, string, map[string]string) (tocsin.Standing, error) {
	return tocsin.Standing{}, fmt.Errorf("no daemon runs here: %w", tocsin.ErrElsewhere)
}

// Close closes the register.
func (l *Local) Close(ctx context.Context) error { return l.app.unwind(ctx) }

// A Reader is a store that is opened to be read beside whatever writes it, also as a whole.
type Reader struct {
	store
	whole
	close func() error
	still func() error
}

// A whole store is checked by what searches and dashboards see of it too; see [integrity.VerifyStore].
type whole interface {
	sinks.WholeReader
	sinks.WholeBacklogs
}

// OpenReader opens the configured store: the embedded register, or Elasticsearch.
func OpenReader(ctx context.Context, o Options) (*Reader, error) { return openReader(ctx, o, false) }

// OpenUnchanged is OpenReader for who checks what is there: nothing of the embedded register changes, and one of another
// version is refused.
func OpenUnchanged(ctx context.Context, o Options) (*Reader, error) {
	if o.Config.Mode == "kafka" {
		return openReader(ctx, o, false)
	}
	file, err := embedded(o)
	if err != nil {
		return nil, err
	}
	st, err := sqlite.OpenToRead(ctx, file)
	if err != nil {
		return nil, err
	}
	return &Reader{st, st, st.Close, st.Still}, nil
}

// openReader is OpenReader; overwrite lets nothing stay in the embedded register's file that is taken out.
func openReader(ctx context.Context, o Options, overwrite bool) (*Reader, error) {
	still := func() error { return nil }
	if o.Config.Mode == "kafka" {
		st, err := NewElastic(o.Config.Elasticsearch, o, prometheus.NewRegistry())
		if err != nil {
			return nil, err
		}
		return &Reader{st, st, st.Close, still}, nil
	}
	file, err := embedded(o)
	if err != nil {
		return nil, err
	}
	st, err := sqlite.Open(ctx, sqlite.Options{Path: file, Overwrite: overwrite})
	if err != nil {
		return nil, err
	}
	return &Reader{st, st, st.Close, still}, nil
}

// embedded is the file of the embedded register.
func embedded(o Options) (string, error) {
	file := filepath.Join(o.Config.DataDir, "tocsin.db")
	if _, err := os.Stat(file); err != nil {
		return "", fmt.Errorf("there is no register in %s: %w", o.Config.DataDir, err)
	}
	return file, nil
}

// Still returns an error that wraps [ErrWritten] where what was read may be of two moments, as a daemon opened the
// register of [OpenUnchanged] meanwhile.
func (r *Reader) Still() error { return r.still() }

// ErrWritten says that what was read may be of two moments; see [Reader.Still].
var ErrWritten = sqlite.ErrWritten

// Close closes the store.
func (r *Reader) Close() error { return r.close() }
