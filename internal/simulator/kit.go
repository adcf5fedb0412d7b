package simulator

import (
	"fmt"
	"strings"
	"sync"
	"testing/fstest"

	"tocsin/classify"
	"tocsin/ingest/decode"
	"tocsin/internal/pipeline"
	"tocsin/rules"
)

// ruleFiles are rules of different kinds over the alerts of a scene.
const ruleFiles = `
id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10
title: Three failures
version: 1.0.0
status: stable
level: high
category: intrusion-attempts/brute-force
when: event.action == "logon-failed"
correlate: {kind: count, group_by: [source.ip], span: 60s, at_least: 3}
entities: [{field: source.ip, role: attacker}]
---
id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a11
title: Malware
version: 1.0.0
status: stable
level: critical
category: malicious-code/infected-system
when: event.action == "malware"
correlate: {kind: match, group_by: [source.ip]}
entities: [{field: source.ip, role: victim}, {field: user.name, role: victim}]
---
id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a12
title: Ports of one host
version: 1.0.0
status: stable
level: medium
category: information-gathering/scanner
when: event.action == "scan" or event.action == "logon-failed"
correlate: {kind: distinct, group_by: [source.ip], field: destination.port, span: 120s, at_least: 3}
entities: [{field: source.ip, role: attacker}]
`

// A Kit is what scenes share: it is costly to make and does not change.
type Kit struct {
	set        *rules.Set
	scales     *classify.Scales
	classifier *classify.Classifier

	mu       sync.Mutex
	decoders []*decode.Decoder // that nobody uses: making one takes longer than many a scene
}

// NewKit reads the rules and scales.
func NewKit() (*Kit, error) {
	files := fstest.MapFS{}
	for i, text := range strings.Split(ruleFiles, "---\n") {
		files[fmt.Sprint(i, ".yml")] = &fstest.MapFile{Data: []byte(text)}
	}
	set, err := rules.Load([]rules.Source{{Name: "scene", FS: files}}, rules.Options{})
	if err != nil {
		return nil, fmt.Errorf("rules of the scenes: %w", err)
	}
	k := &Kit{set: set, scales: classify.Default()}
	k.classifier = classify.New(k.scales, nil)
	d, err := decode.New(decode.Options{Limits: decode.DefaultLimits()})
	k.decoders = append(k.decoders, d)
	return k, err
}

// decoder takes one that nobody uses, until the scene is over.
func (w *world) decoder() pipeline.Decoder {
	d := w.kit.take()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lent = append(w.lent, d)
	return d
}

func (k *Kit) take() *decode.Decoder {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n := len(k.decoders); n > 0 {
		d := k.decoders[n-1]
		k.decoders = k.decoders[:n-1]
		return d
	}
	d, err := decode.New(decode.Options{Limits: decode.DefaultLimits()})
	if err != nil {
		panic(err) //nolint:forbidigo // a bug: NewKit made one
	}
	return d
}

// release gives the decoders back.
func (w *world) release() {
	w.kit.mu.Lock()
	defer w.kit.mu.Unlock()
	w.kit.decoders = append(w.kit.decoders, w.lent...)
}
