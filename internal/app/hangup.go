package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/fsnotify/fsnotify"

	"tocsin/internal/config"
	"tocsin/register"
)

// A Reread is what became of reading again all that may change while the daemon runs.
type Reread struct {
	Changed []string          // what is in force now and was not before
	Same    []string          // what is in force as before
	Faults  map[string]string // by what they are in: it stays in force as it was
	Restart []string          // keys of the configuration that hold from the next start on
}

// A hangup asks for that.
type hangup struct {
	cfg  config.Config
	done chan Reread
}

// Reload reads rules, scales, assets, clocks, routes, mappings, lists, tokens and the certificate again, from where the
// daemon was told to find them when it started. Of cfg, the configuration as it stands now, it takes the teams, and tells
// what else of it needs a restart. The daemon must be running.
func (a *App) Reload(ctx context.Context, cfg config.Config) (Reread, error) {
	h := hangup{cfg, make(chan Reread, 1)}
	select {
	case a.hangups <- h:
	case <-ctx.Done():
		return Reread{}, ctx.Err()
	}
	select {
	case r := <-h.done:
		return r, nil
	case <-ctx.Done():
		return Reread{}, ctx.Err()
	}
}

// rereadAll reads again what is watched.
func (a *App) rereadAll(ctx context.Context, w *fsnotify.Watcher, back backend) {
	if err := watchTree(w, a.cfg.Rules.Folders); err != nil { // folders that are new
		a.log.WarnContext(ctx, "rule folders cannot be watched", "err", err)
	}
	a.rescale(ctx, back.rescale) // rules name their categories
	a.reread(ctx, back.reload)
	a.rereadMappings(ctx)
	a.rereadClocks(ctx)
	a.rereadNotify(ctx)
	a.rereadTokens(ctx)
}

// hungUp carries a hangup out.
func (a *App) hungUp(ctx context.Context, w *fsnotify.Watcher, back backend, cfg config.Config) Reread {
	before := a.versions()
	restart := a.regroup(cfg)
	a.rereadAll(ctx, w, back)
	if len(a.listFiles()) > 0 {
		a.rereadLists(ctx)
	}
	var unusable error
	if a.certificate != nil {
		unusable = a.certificate.renew()
	}
	after, r := a.versions(), Reread{Faults: map[string]string{}, Restart: restart}
	for _, t := range a.health.Report().Troubles {
		if _, ours := after[t.Part]; ours {
			r.Faults[t.Part] = t.Detail
		}
	}
	if unusable != nil {
		r.Faults["certificate"] = unusable.Error()
	}
	for _, part := range slices.Sorted(maps.Keys(after)) {
		switch {
		case r.Faults[part] != "":
		case before[part] != after[part]:
			r.Changed = append(r.Changed, part)
		default:
			r.Same = append(r.Same, part)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(a.once)) {
		if digest(a.onceFiles()[key]) != a.once[key] {
			r.Restart = append(r.Restart, key+" (the file)")
		}
	}
	return r
}

// versions tell what is in force of each part that can be read again, by the names that health has for them.
func (a *App) versions() map[string]string {
	v := map[string]string{"rules": a.sets.Current().Hash, "scales": a.judging.Load().hash}
	if len(a.listFiles()) > 0 {
		v["lists"] = a.enrich.Current().Version()
	}
	if teams := a.grouping(); teams != "" {
		v["teams"] = teams
	}
	if a.certificate != nil {
		v["certificate"] = a.certificate.version()
	}
	for part, files := range map[string][]string{"clocks": {a.cfg.Clocks}, "routes": {a.cfg.Notify}, "mappings": a.cfg.Mappings, "tokens": {a.cfg.HTTP.TokensFile}} {
		if len(files) > 0 && files[0] != "" {
			v[part] = a.taken[part]
		}
	}
	return v
}

// took notes the files that a part was last read from, as they were. It reports whether they are others than before.
func (a *App) took(part string, files ...string) (other bool) {
	if a.taken == nil {
		a.taken = map[string]string{}
	}
	now := digest(files...)
	other, a.taken[part] = a.taken[part] != now, now
	return other
}

// digest is the hash of what files hold; one that cannot be read holds nothing.
func digest(files ...string) string {
	h := sha256.New()
	for _, name := range files {
		if name == "" {
			continue
		}
		text, _ := os.ReadFile(name)
		fmt.Fprintf(h, "%d %s\n", len(text), name)
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// onceFiles are read at the start alone, by the keys that name them.
func (a *App) onceFiles() map[string]string {
	all := map[string]string{
		"http.client_ca_file": a.cfg.HTTP.ClientCAFile, "kafka.ca_file": a.cfg.Kafka.CAFile, "kafka.cert_file": a.cfg.Kafka.CertFile,
		"kafka.key_file": a.cfg.Kafka.KeyFile, "elasticsearch.ca_file": a.cfg.Elasticsearch.CAFile,
	}
	maps.DeleteFunc(all, func(_, file string) bool { return file == "" })
	return all
}

// tookAll notes what was read at the start.
func (a *App) tookAll() {
	a.took("clocks", a.cfg.Clocks)
	a.took("routes", a.cfg.Notify)
	a.took("mappings", a.cfg.Mappings...)
	a.took("tokens", a.cfg.HTTP.TokensFile)
	a.once = map[string]string{}
	for key, file := range a.onceFiles() {
		a.once[key] = digest(file)
	}
}

// rereadTokens reads the file of tokens again. One with faults changes nothing but what health says: whoever was known
// before is known.
func (a *App) rereadTokens(ctx context.Context) {
	name := a.cfg.HTTP.TokensFile
	if name == "" || a.signers == nil {
		return
	}
	src, err := os.ReadFile(name)
	if err == nil {
		err = a.signers.Reload(name, src, register.Roles())
	}
	if err != nil {
		if a.health.Fail("tokens", err, a.now()) {
			a.log.ErrorContext(ctx, "the file of tokens has faults, the old ones hold", "err", err)
		}
		return
	}
	a.health.Heal("tokens")
	a.took("tokens", name)
}

// String says what became of it in one line.
func (r Reread) String() string {
	var said []string
	for _, part := range []struct {
		word  string
		names []string
	}{{"changed", r.Changed}, {"as before", r.Same}, {"with faults, as before", slices.Sorted(maps.Keys(r.Faults))}, {"from the next start on", r.Restart}} {
		if len(part.names) > 0 {
			said = append(said, part.word+": "+strings.Join(part.names, ", "))
		}
	}
	return strings.Join(said, "; ")
}
