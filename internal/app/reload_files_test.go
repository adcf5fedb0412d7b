package app_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tocsin/register"
	"tocsin/register/notify"
)

// Routes and clocks that change under a running daemon are in force a moment later; a file with faults leaves what was, is
// told by health with its line, and mending it heals.
func TestReloadOfRoutesAndClocks(t *testing.T) {
	const (
		receiver = "{kind: webhook, url: http://127.0.0.1:9/hook, allow: [127.0.0.1]}"
		law      = ", title: A, source: B, effective: 2018-05-25, checked: 2026-11-28, reviewed_by: nobody, anchor: aware, stages: [{id: s, title: T, source: U, within: 72h}]}\n"
	)
	b := newBench(t)
	folder := t.TempDir()
	b.cfg.Notify, b.cfg.Clocks = filepath.Join(folder, "notify.yml"), filepath.Join(folder, "clocks.yml")
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	routes := func(name string) string {
		return "receivers:\n  " + name + ": " + receiver + "\nroutes:\n  - {name: all, to: [" + name + "]}\n"
	}
	clocks := func(id string) string {
		return "regimes:\n  - {id: " + id + law
	}
	put(b.cfg.Notify, routes("one"))
	put(b.cfg.Clocks, clocks("law-one"))
	b.open()
	names := func() (receivers, regimes []string) {
		var lines []notify.Line
		get(t, b.url+"/api/v1/receivers", &lines)
		for _, l := range lines {
			receivers = append(receivers, l.Receiver)
		}
		var all []register.Regime
		get(t, b.url+"/api/v1/regimes", &all)
		for _, g := range all {
			regimes = append(regimes, g.ID)
		}
		return receivers, regimes
	}
	are := func(receiver, regime string, faults ...string) {
		t.Helper()
		await(t, 30*time.Second, "routes and clocks", func() (bool, string) {
			receivers, regimes := names()
			_, parts := b.health()
			for _, part := range []string{"routes", "clocks"} {
				if slices.Contains(parts, part) != slices.Contains(faults, part) {
					return false, part + " in health"
				}
			}
			return slices.Equal(receivers, []string{receiver}) && slices.Equal(regimes, []string{regime}), receiver + " " + regime
		})
	}
	are("one", "law-one")
	put(b.cfg.Notify, routes("two"))
	put(b.cfg.Clocks, clocks("law-two"))
	are("two", "law-two")
	put(b.cfg.Notify, "receivers: [")
	put(b.cfg.Clocks, "regimes: {}")
	are("two", "law-two", "routes", "clocks")
	put(b.cfg.Notify, routes("three"))
	put(b.cfg.Clocks, clocks("law-three"))
	are("three", "law-three")
}
