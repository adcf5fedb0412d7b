package main

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The other engines: how each is fed, and which jars it needs.
//
//go:embed peers
var sources embed.FS

var otherEngines = []struct{ name, class, pom string }{
	{"Siddhi 5.1.30", "SiddhiPeer", "siddhi.pom.xml"},
	{"Esper 9.0.0", "EsperPeer", "esper.pom.xml"},
}

// peers fetches and compiles the other engines where that has not been done.
func peers(ctx context.Context, o options) ([]engine, error) {
	var all []engine
	for _, p := range otherEngines {
		home := filepath.Join(o.peers, p.class)
		stamp, err := stampOf(p.class, p.pom)
		if err != nil {
			return nil, err
		}
		if old, err := os.ReadFile(filepath.Join(home, "ready")); err != nil || string(old) != stamp {
			if err := install(ctx, home, p.class, p.pom, stamp); err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
		}
		path := home + string(os.PathListSeparator) + filepath.Join(home, "lib", "*")
		for _, kept := range []struct {
			name, word string
			names      bool
		}{{p.name, "none", false}, {p.name + ", naming the alerts", "ids", true}} {
			all = append(all, engine{kept.name, kept.names, func(lane, rules, logons, events, firings string) []string {
				return []string{
					"java", "-Xms1g", "-Xmx3g", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", path, p.class,
					lane, rules, logons, events, firings, kept.word,
				}
			}})
		}
	}
	return all, nil
}

// stampOf changes whenever what is installed of an engine does.
func stampOf(class, pom string) (string, error) {
	sum := sha256.New()
	for _, name := range []string{"Peer.java", class + ".java", pom} {
		data, err := sources.ReadFile("peers/" + name)
		if err != nil {
			return "", err
		}
		sum.Write(data)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func install(ctx context.Context, home, class, pom, stamp string) error {
	if err := os.MkdirAll(filepath.Join(home, "lib"), 0o755); err != nil {
		return err
	}
	for _, name := range []string{"Peer.java", class + ".java", pom} {
		data, err := sources.ReadFile("peers/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(home, name), data, 0o644); err != nil { //nolint:gosec // not secret
			return err
		}
	}
	steps := [][]string{
		{"mvn", "-q", "-B", "-f", pom, "dependency:copy-dependencies", "-DoutputDirectory=lib"},
		{"javac", "-nowarn", "-cp", filepath.Join("lib", "*"), "-d", ".", "Peer.java", class + ".java"},
	}
	for _, step := range steps {
		cmd := exec.CommandContext(ctx, step[0], step[1:]...) //nolint:gosec // fixed commands
		cmd.Dir = home
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %.300s", step[0], err, strings.TrimSpace(string(text)))
		}
	}
	return os.WriteFile(filepath.Join(home, "ready"), []byte(stamp), 0o644) //nolint:gosec // not secret
}
