package app

import (
	"context"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"tocsin/rules"
)

// watcher watches the rule folders, and the files of mappings, scales, assets, clocks, routes and tokens. It is opened before they
// are read for the first time: what changes while the rest of the daemon starts is seen too.
func (a *App) watcher() (*fsnotify.Watcher, error) {
	w, err := a.watchFiles("watcher", slices.Concat(a.cfg.Mappings, []string{a.cfg.Scales, a.cfg.Assets, a.cfg.Clocks, a.cfg.Notify, a.cfg.HTTP.TokensFile}))
	if err != nil {
		return nil, err
	}
	return w, watchTree(w, a.cfg.Rules.Folders)
}

// watchFiles watches files until the daemon ends, empty names aside.
func (a *App) watchFiles(name string, files []string) (*fsnotify.Watcher, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	a.onStop(name, func(context.Context) error { return w.Close() })
	for _, file := range files {
		if file == "" {
			continue
		}
		if err := w.Add(filepath.Dir(file)); err != nil { // the folder: many editors write a file by putting another in its place
			return nil, err
		}
	}
	return w, nil
}

// watch reads them again when they change, or somebody asks for it, and hands a sound set over. A set with a fault changes nothing
// but what health, metrics and API say: the old rules go on (engine.md, ruling 18).
func (a *App) watch(ctx context.Context, w *fsnotify.Watcher, back backend) error {
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-w.Errors:
			a.log.WarnContext(ctx, "rule folders are not watched reliably", "err", err)
		case <-w.Events:
			quiet.Reset(a.cfg.Rules.Reload)
		case <-quiet.C:
			a.rereadAll(ctx, w, back)
		case h := <-a.hangups:
			h.done <- a.hungUp(ctx, w, back, h.cfg)
		}
	}
}

// watchTree watches folders and all below them but hidden ones.
func watchTree(w *fsnotify.Watcher, folders []string) error {
	for _, root := range folders {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			if name := d.Name(); strings.HasPrefix(name, ".") && path != root {
				return filepath.SkipDir
			}
			return w.Add(path)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *App) reread(ctx context.Context, reload func(context.Context, *rules.Set) error) {
	if len(a.cfg.Rules.Folders) == 0 {
		return
	}
	set, err := LoadRules(a.cfg.Rules.Folders, a.cfg.Rules.Shipped, a.scales(), a.cfg.Rules.Sigma.Pipelines...)
	if err != nil {
		a.watched.stale(err)
		if a.health.Fail("rules", err, a.now()) {
			a.log.ErrorContext(ctx, "rules have faults, the old ones stay in force", "err", err)
		}
		return
	}
	a.watched.fresh(set)
	a.health.Heal("rules")
	if set.Hash == a.sets.Current().Hash {
		return
	}
	if err := reload(ctx, set); err != nil {
		a.log.WarnContext(ctx, "rules were not put in force", "err", err)
		return
	}
	a.log.InfoContext(ctx, "rules reloaded", "rules", len(set.Rules()), "set", set.Hash)
}

// A ruleState is what became of the last reading of the rules.
type ruleState struct {
	metrics *ruleMetrics
	mu      sync.Mutex
	faults  string
}

func (s *ruleState) stale(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = err.Error()
	s.metrics.stale.Set(1)
}

func (s *ruleState) fresh(set *rules.Set) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = ""
	s.metrics.stale.Set(0)
	s.metrics.loaded.Set(float64(len(set.Rules())))
}

// Faults are those of the last reading, "" for none.
func (s *ruleState) Faults() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}
