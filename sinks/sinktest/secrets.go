package sinktest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"tocsin"
)

// A secret is put in the place of what its writer has seen, and nowhere else: of several who make one name, one does.
func testSecrets(t *testing.T, _ Suite, s Store) {
	ctx := t.Context()
	if all, err := s.Secrets(ctx, "user"); err != nil || len(all) != 0 {
		t.Errorf("of nothing: %v, %v", all, err)
	}
	steps := []struct {
		name       string
		was, value []byte
		want       error
	}{
		{"changed before it is there", []byte("old"), []byte("new"), tocsin.ErrConflict},
		{"made", nil, []byte("old"), nil},
		{"made again", nil, []byte("other"), tocsin.ErrConflict},
		{"changed by who saw another", []byte("other"), []byte("new"), tocsin.ErrConflict},
		{"changed", []byte("old"), []byte("new"), nil},
	}
	for _, step := range steps {
		if err := s.PutSecret(ctx, "user", "ann", step.was, step.value); !errors.Is(err, step.want) {
			t.Errorf("%s: error %v, want %v", step.name, err, step.want)
		}
	}
	if err := s.PutSecret(ctx, "token", "ann", nil, []byte("hash")); err != nil {
		t.Errorf("of another kind: %v", err)
	}
	all, err := s.Secrets(ctx, "user")
	if err != nil || len(all) != 1 || !bytes.Equal(all["ann"], []byte("new")) {
		t.Errorf("kept: %q, %v", all, err)
	}
	if err := s.DeleteSecret(ctx, "user", "ann"); err != nil {
		t.Error(err)
	}
	if err := s.DeleteSecret(ctx, "user", "ann"); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if all, err := s.Secrets(ctx, "token"); err != nil || len(all) != 1 {
		t.Errorf("of the other kind: %q, %v", all, err)
	}
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for n := range errs {
		wg.Go(func() { errs[n] = s.PutSecret(ctx, "user", "bert", nil, fmt.Append(nil, n)) })
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else if !errors.Is(err, tocsin.ErrConflict) {
			t.Error(err)
		}
	}
	if made != 1 {
		t.Errorf("%d of several made the same name", made)
	}
}
