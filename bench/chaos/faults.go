package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// act does what the schedule says, one fault after the other.
func (p *play) act(ctx context.Context) error {
	steps := schedule(p.options)
	if err := p.until(ctx, time.Minute, p.calmNow); err != nil {
		return fmt.Errorf("the daemons did not start: %w", err)
	}
	killed := 0
	for n, s := range steps {
		if err := pause(ctx, s.after); err != nil {
			return err
		}
		begun := time.Now()
		note, err := p.fault(ctx, s)
		if err != nil {
			return fmt.Errorf("%v: %w", s, err)
		}
		p.say("%3d of %d  %v%s, %.1f s", n+1, len(steps), s, note, time.Since(begun).Seconds())
		if kills[s.kind] {
			killed++
		}
		if p.rests() && kills[s.kind] && (killed%restEvery == 0 || killed == p.kills) {
			if err := p.rest(ctx); err != nil {
				return err
			}
		}
	}
	return pause(ctx, p.calm)
}

// A rest is some time in which nothing is done, after so many kills and at the end: until each daemon has been looked at in
// calm for long enough to tell whether it grows.
const (
	restEvery = 50
	restWaits = 4 * time.Minute
)

// rests are in runs of the whole schedule; recorded alerts come too quickly for any.
func (o options) rests() bool { return !o.hurry && o.away == 0 && o.recorded == "" }

func (p *play) rest(ctx context.Context) error {
	begun := time.Now()
	err := p.until(ctx, restWaits, func() bool {
		for _, d := range p.fleet {
			if !p.watch.calmSince(d.pid(), begun) {
				return false
			}
		}
		return true
	})
	p.say("a rest of %.0f s", time.Since(begun).Seconds())
	if ctx.Err() != nil {
		return err
	}
	return nil // where no daemon was in calm, the run says so in the end
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// calmNow reports whether every daemon listens.
func (p *play) calmNow() bool {
	for _, d := range p.fleet {
		if !d.running() {
			return false
		}
	}
	return true
}

// until waits for a condition.
func (p *play) until(ctx context.Context, within time.Duration, holds func() bool) error {
	deadline := time.Now().Add(within)
	for !holds() {
		if time.Now().After(deadline) {
			return errors.New("not within " + within.String())
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// fault does one step; it returns when the fault is over, not when its effects are.
func (p *play) fault(ctx context.Context, s step) (note string, err error) {
	defer p.watch.disturb()()
	d := p.fleet[s.target%len(p.fleet)]
	switch s.kind {
	case kill:
		if !d.signal(syscall.SIGKILL) {
			return ", which did not run", nil
		}
		return "", nil
	case killAll:
		p.killFleet()
		return "", nil
	case failpoint:
		return p.atPoint(ctx, s.point)
	case zombie:
		if !d.signal(syscall.SIGSTOP) {
			return ", which did not run", nil
		}
		err := pause(ctx, p.session+s.lasts)
		d.signal(syscall.SIGCONT)
		return "", err
	case storm:
		return "", p.storm(ctx)
	case reload:
		return "", p.reload(s.target)
	case rescale:
		return "", p.rescale(s.target)
	case upgrade:
		return "", p.upgrade(ctx)
	case floodStage:
		return "", errors.Join(p.readOnly(ctx, "true"), pause(ctx, s.lasts), p.readOnly(context.WithoutCancel(ctx), "null"))
	case http429, item429, lostReply, slowStore, forbid:
		p.proxy.set(map[kind]mode{http429: refuse, item429: refuseItems, lostReply: loseReplies, slowStore: slow, forbid: forbidding}[s.kind])
		defer p.proxy.set(pass)
		return "", pause(ctx, s.lasts)
	default:
		return p.serverFault(ctx, s)
	}
}

func (p *play) killFleet() {
	for _, d := range p.fleet {
		d.signal(syscall.SIGKILL)
	}
}

// atPoint lets the first daemon that passes the point die there.
func (p *play) atPoint(ctx context.Context, point string) (note string, err error) {
	armed := filepath.Join(p.points(), point)
	if err := os.WriteFile(armed, nil, 0o600); err != nil {
		return "", err
	}
	const patience = 15 * time.Second
	err = p.until(ctx, patience, func() bool { _, err := os.Stat(armed); return errors.Is(err, os.ErrNotExist) })
	if err != nil && ctx.Err() == nil && os.Remove(armed) == nil {
		p.missed++
		return ", which nobody passed", nil
	}
	return "", ctx.Err()
}

// reload changes the rules so that the set is another one, and what it finds is not: each daemon reads them when it
// comes to it, and matches of both sets meet.
func (p *play) reload(n int) error {
	text := strings.Replace(ruleText, "version: 1.0.0", fmt.Sprintf("version: 1.0.0\ndescription: Changed %d.", n), 1)
	file := filepath.Join(p.scratch, "rules", "chaos.yml")
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// rescale does the same with the scales.
func (p *play) rescale(n int) error {
	text, err := p.scaleText()
	if err != nil {
		return err
	}
	file := p.scaleFile()
	if err := os.WriteFile(file+".new", fmt.Appendf(text, "\n# Changed %d.\n", n), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// upgrade ends one daemon after the other in order, and starts the other build in its place.
func (p *play) upgrade(ctx context.Context) error {
	for i, old := range p.fleet {
		if err := old.stop(); err != nil {
			p.trouble("%v", err)
		}
		d := &daemon{name: old.name, binary: p.binary, file: old.file, env: old.env}
		if old.binary == p.binary {
			d.binary = p.other
		}
		p.mu.Lock()
		p.guests = append(p.guests, old) // which are asked at the end how they ended
		p.fleet[i] = d
		p.mu.Unlock()
		d.launch()
		if err := p.until(ctx, time.Minute, d.running); err != nil {
			return err
		}
	}
	return nil
}

// storm lets daemons join and leave, some of them before they have taken over what they were given.
func (p *play) storm(ctx context.Context) error {
	for n := range 6 {
		d, err := p.daemon(fmt.Sprintf("guest-%d", len(p.guests)+1))
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.guests = append(p.guests, d)
		p.mu.Unlock()
		d.launch()
		if err := pause(ctx, 500*time.Millisecond+time.Duration(n)*400*time.Millisecond); err != nil {
			return err
		}
		if n%2 == 0 {
			go func() { _ = d.stop() }() // it is waited for in the end
		} else {
			d.end()
		}
	}
	return nil
}

// readOnly sets or takes away the block that a flood stage puts on all indices.
func (p *play) readOnly(ctx context.Context, value string) error {
	return p.call(ctx, http.MethodPut, "/"+p.name+"-*/_settings", []byte(`{"index.blocks.read_only_allow_delete":`+value+`}`), nil)
}

// serverFault is one of what is done to the servers and the links to them.
func (p *play) serverFault(ctx context.Context, s step) (note string, err error) {
	broker := fmt.Sprintf("kafka-%d", 1+s.target%p.replicas)
	switch s.kind {
	case brokerKill:
		return "", p.restart(ctx, s.lasts, broker)
	case storeKill:
		return "", p.restart(ctx, s.lasts, "elasticsearch")
	case blackout:
		p.killFleet()
		return "", p.restart(ctx, s.lasts, p.everyServer()...)
	case brokerStop:
		return "", p.freeze(ctx, broker, s.lasts+p.session)
	case storeStop:
		return "", p.freeze(ctx, "elasticsearch", s.lasts+5*time.Second)
	case slowBroker:
		for _, k := range p.links {
			k.slow.Store(true)
			defer k.slow.Store(false)
		}
		return "", pause(ctx, s.lasts)
	case cutBroker:
		for _, k := range p.links {
			k.cut()
		}
		return "", nil
	}
	return "", fmt.Errorf("no fault is called %q", s.kind)
}

// everyServer names the servers of our own.
func (p *play) everyServer() []string {
	all := []string{"elasticsearch"}
	for n := range p.replicas {
		all = append(all, fmt.Sprintf("kafka-%d", n+1))
	}
	return all
}

// restart kills servers and starts them again after a while.
func (p *play) restart(ctx context.Context, after time.Duration, servers ...string) error {
	for _, server := range servers {
		if err := p.crash(server); err != nil {
			return err
		}
	}
	if err := pause(ctx, after); err != nil {
		return err
	}
	return p.up(ctx)
}

// crash ends a server at once.
func (p *play) crash(server string) error {
	pid, err := p.pid(server)
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// freeze stops a server without closing a connection, and lets it go on.
func (p *play) freeze(ctx context.Context, server string, lasts time.Duration) error {
	pid, err := p.pid(server)
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	return errors.Join(pause(ctx, lasts), syscall.Kill(pid, syscall.SIGCONT))
}
