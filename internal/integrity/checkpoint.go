package integrity

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"tocsin"
)

// Checkpoints keep what was signed of the tree.
type Checkpoints interface {
	PutCheckpoint(ctx context.Context, c tocsin.Checkpoint) error
	Checkpoints(ctx context.Context, from int64, limit int) ([]tocsin.Checkpoint, error)
}

// A Statement is what a checkpoint says: that at a time the tree had so many leaves and this root.
type Statement struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	At     time.Time
	// Signed names the keys, as name+id, whose signatures were verified.
	Signed []string
}

// text is the statement as it is signed: four lines, the first three as the checkpoints of other transparency logs.
func (s Statement) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s\n", s.Origin, s.Size, s.Root, s.At.UTC().Format(time.RFC3339))
}

// sign makes a checkpoint.
func (s Statement) sign(signers ...note.Signer) (tocsin.Checkpoint, error) {
	text, err := note.Sign(&note.Note{Text: s.text()}, signers...)
	if err != nil {
		return tocsin.Checkpoint{}, fmt.Errorf("sign the checkpoint: %w", err)
	}
	return tocsin.Checkpoint{Size: s.Size, At: s.At.UTC().Truncate(time.Second), Note: string(text)}, nil
}

// OpenCheckpoint reads a checkpoint and verifies its signatures. Without keys it only reads, and Signed is empty.
func OpenCheckpoint(text string, keys Keys) (Statement, error) {
	body, _, found := strings.Cut(text, "\n\n")
	body += "\n"
	var s Statement
	if !found {
		return s, errors.New("no signed checkpoint: no empty line before its signatures")
	}
	if len(keys) > 0 {
		opened, err := note.Open([]byte(text), note.VerifierList(keys...))
		if err != nil {
			return s, fmt.Errorf("checkpoint is not signed by a key that is trusted here: %w", err)
		}
		body = opened.Text
		for _, sig := range opened.Sigs {
			s.Signed = append(s.Signed, fmt.Sprintf("%s+%08x", sig.Name, sig.Hash))
		}
	}
	lines := strings.Split(body, "\n")
	if len(lines) != 5 {
		return s, fmt.Errorf("checkpoint has %d lines, not 4", len(lines)-1)
	}
	var err error
	s.Origin = lines[0]
	if s.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || s.Size < 1 {
		return s, fmt.Errorf("checkpoint: %.40q is no size", lines[1])
	}
	if s.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return s, fmt.Errorf("checkpoint: %.80q is no root", lines[2])
	}
	if s.At, err = time.Parse(time.RFC3339, lines[3]); err != nil {
		return s, fmt.Errorf("checkpoint: %.40q is no time", lines[3])
	}
	return s, nil
}

// Keys are public keys that are trusted.
type Keys []note.Verifier

// ParseKeys reads public keys, one a line; what follows # is left out.
func ParseKeys(text string) (Keys, error) {
	var keys Keys
	for n, line := range keyLines(text) {
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("line %d is no public key, as `tocsin setup key` writes: %w", n, err)
		}
		keys = append(keys, v)
	}
	return keys, nil
}

// keyLines are the lines of a text that are neither empty nor comments, by number.
func keyLines(text string) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for n, line := range strings.Split(text, "\n") {
			line, _, _ = strings.Cut(line, " #")
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' && !yield(n+1, line) {
				return
			}
		}
	}
}

// A Signing is what checkpoints are signed with: one key, or while it is being changed the old and the new one.
type Signing struct {
	Signers []note.Signer
	Public  []string // their public keys, in their order; "" where it is not known
}

// ParseSigning reads private keys, one a line. The error never shows one.
func ParseSigning(text string) (Signing, error) {
	var s Signing
	for n, line := range keyLines(text) {
		signer, err := note.NewSigner(line)
		if err != nil {
			return Signing{}, fmt.Errorf("line %d is no signing key, as `tocsin setup key` writes", n)
		}
		public, err := publicOf(line)
		if err != nil {
			return Signing{}, fmt.Errorf("line %d: %w", n, err)
		}
		s.Signers, s.Public = append(s.Signers, signer), append(s.Public, public)
	}
	if len(s.Signers) == 0 {
		return s, errors.New("holds no signing key")
	}
	return s, nil
}

// OpenSigning reads the signing keys of a file. With create it makes one, mode 0600, where there is none, and keeps the
// public keys beside it, in FILE.pub: those of all keys that there ever were, as old checkpoints stay good.
func OpenSigning(file, name string, create bool) (Signing, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && create {
		if text, err = MakeKey(file, name); err != nil {
			return Signing{}, err
		}
	}
	if err != nil {
		return Signing{}, fmt.Errorf("signing key: %w", err)
	}
	s, err := ParseSigning(string(text))
	if err != nil {
		return s, fmt.Errorf("signing key of %s: %w", file, err)
	}
	if create {
		return s, s.showPublic(file + ".pub")
	}
	return s, nil
}

// MakeKey writes a new signing key to a file that is not there yet, mode 0600, and its public key to FILE.pub.
func MakeKey(file, name string) ([]byte, error) {
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	for _, f := range []struct {
		name, text string
		mode       os.FileMode
	}{{file, private, 0o600}, {file + ".pub", public, 0o644}} {
		out, err := os.OpenFile(f.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.mode)
		if err != nil {
			return nil, fmt.Errorf("signing key: %w", err)
		}
		_, err = out.WriteString(f.text + "\n")
		if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
			return nil, fmt.Errorf("signing key: %w", err)
		}
	}
	return []byte(private + "\n"), nil
}

// An Anchor is the second place where checkpoints are kept: out of reach of who may change the register.
type Anchor interface {
	Publish(ctx context.Context, c tocsin.Checkpoint) error
	// Last is the checkpoint that was published last, as far as the place can be read; "" for none.
	Last(ctx context.Context) (string, error)
}

// A FileAnchor appends checkpoints to a file, each on disk before it returns.
type FileAnchor string

// Publish implements [Anchor].
func (f FileAnchor) Publish(_ context.Context, c tocsin.Checkpoint) error {
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o700); err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	out, err := os.OpenFile(string(f), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	_, err = out.WriteString(c.Note + "\n")
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("anchor: %w", err)
	}
	return nil
}

// lastBytes of a file of checkpoints are looked at for the last one: each has some 250.
const lastBytes = 16 << 10

// Last implements [Anchor].
func (f FileAnchor) Last(context.Context) (string, error) {
	text, err := tail(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("anchor: %w", err)
	}
	for _, n := range slices.Backward(SplitCheckpoints(string(text))) {
		if _, err := OpenCheckpoint(n, nil); err == nil {
			return n, nil
		}
	}
	return "", nil
}

func tail(name string) ([]byte, error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	text := make([]byte, min(info.Size(), lastBytes))
	if _, err := in.ReadAt(text, info.Size()-int64(len(text))); err != nil {
		return nil, err
	}
	return bytes.ToValidUTF8(text, nil), nil
}

// SplitCheckpoints takes the checkpoints out of a text that holds several, one after another, as a file of them does. What
// was cut off at an end is left out.
func SplitCheckpoints(text string) []string {
	var all []string
	var body, signatures strings.Builder
	flush := func() {
		if body.Len() > 0 && signatures.Len() > 0 {
			all = append(all, body.String()+"\n"+signatures.String())
		}
		body.Reset()
		signatures.Reset()
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "— "):
			signatures.WriteString(line + "\n")
		case line == "" && signatures.Len() > 0:
			flush()
		case line != "":
			if signatures.Len() > 0 {
				flush()
			}
			body.WriteString(line + "\n")
		}
	}
	flush()
	return all
}
