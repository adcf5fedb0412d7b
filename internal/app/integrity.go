package app

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/config"
	"tocsin/internal/integrity"
	kafkasink "tocsin/sinks/kafka"
)

// The embedded daemon's files below its data folder, where the configuration names no others.
const (
	integrityKey = "integrity.key"
	anchorFile   = "checkpoints.txt"
)

// tool is what copies are said to be made with.
func tool() string { return "tocsin " + buildVersion() }

// signing are the keys that checkpoints are signed with. An embedded daemon makes one where there is none; without one in
// mode kafka, where several daemons must have the same, the tree grows and nothing is signed.
func signing(cfg config.Config) (integrity.Signing, error) {
	in := cfg.Integrity
	switch {
	case in.Key != "":
		s, err := integrity.ParseSigning(strings.ReplaceAll(in.Key.Reveal(), ",", "\n"))
		if err != nil {
			return s, fmt.Errorf("TOCSIN_INTEGRITY_KEY: %w", err)
		}
		return s, nil
	case in.KeyFile != "":
		return integrity.OpenSigning(in.KeyFile, in.Name, false)
	case cfg.Mode == "embedded":
		return integrity.OpenSigning(filepath.Join(cfg.DataDir, integrityKey), in.Name, true)
	}
	return integrity.Signing{}, nil
}

// AnchorFile is the file in which checkpoints are published, "" for none.
func AnchorFile(cfg config.Config) string {
	if cfg.Integrity.AnchorFile == "" && cfg.Mode == "embedded" {
		return filepath.Join(cfg.DataDir, anchorFile)
	}
	return cfg.Integrity.AnchorFile
}

// sealer gives every entry its leaf, and signs and publishes the tree.
func (a *App) sealer(s integrity.Store, topic *kafkasink.Producer) (*integrity.Sealer, error) {
	keys, err := signing(a.cfg)
	if err != nil {
		return nil, err
	}
	a.public = keys.Public
	out := &integrity.Sealer{Store: s, Origin: a.cfg.Integrity.Name, Signers: keys.Signers, Now: a.now, Log: a.log.With("component", "integrity")}
	if file := AnchorFile(a.cfg); file != "" {
		out.Anchors = append(out.Anchors, integrity.FileAnchor(file))
	}
	if a.cfg.Integrity.AnchorTopic != "" && topic != nil {
		out.Anchors = append(out.Anchors, topicAnchor{topic, a.cfg.Integrity.AnchorTopic})
	}
	if len(keys.Signers) == 0 {
		a.log.Warn("checkpoints are not signed: integrity.key_file names no key")
	}
	return out, nil
}

// A topicAnchor publishes checkpoints to a topic. It is not read back: who may read it holds the register against it.
type topicAnchor struct {
	producer *kafkasink.Producer
	topic    string
}

// Publish implements [integrity.Anchor].
func (t topicAnchor) Publish(ctx context.Context, c tocsin.Checkpoint) error {
	return t.producer.WriteText(ctx, t.topic, fmt.Sprintf("%016d", c.Size), c.Note)
}

// Last implements [integrity.Anchor].
func (t topicAnchor) Last(context.Context) (string, error) { return "", nil }

// seal seals once, and tells health how it went.
func (a *App) seal(ctx context.Context, s *integrity.Sealer) {
	err := s.Seal(ctx)
	switch {
	case err == nil:
		a.health.Heal("integrity")
	case ctx.Err() == nil:
		a.health.Fail("integrity", err, a.now())
		a.log.ErrorContext(ctx, "the register was not sealed, will be repeated", "err", err)
	}
}

// sealing seals at the start, every now and then, and at the end.
func (a *App) sealing(ctx context.Context, s *integrity.Sealer) error {
	every := time.NewTicker(a.cfg.Integrity.CheckpointEvery)
	defer every.Stop()
	for {
		a.seal(ctx, s)
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace/4)
			defer cancel()
			a.seal(last, s)
			return nil
		case <-every.C:
		}
	}
}

// sealed does what is due and seals where it is time to: for the owner of the events log, one of several daemons.
func (a *App) sealed(s *integrity.Sealer, due func(context.Context) error) func(context.Context) error {
	var last time.Time
	return func(ctx context.Context) error {
		if now := a.now(); now.Sub(last) >= a.cfg.Integrity.CheckpointEvery {
			last = now
			a.seal(ctx, s)
		}
		return due(ctx)
	}
}

// evidence is what the API and the page do with evidence.
func (a *App) evidence(s store) integrity.Custodian {
	return integrity.Custodian{Register: a.register(s), Store: s, Public: a.publicKeys(), Now: a.now, Version: tool()}
}

// publicKeys are those that exports name; none where this daemon has no signing key.
func (a *App) publicKeys() []string {
	if a.public == nil {
		keys, err := signing(a.cfg)
		if err != nil {
			a.log.Warn("exports name no public key", "err", err)
		}
		a.public = keys.Public
	}
	return a.public
}
