package register

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"tocsin"
)

// A ChainError names the first entry of a log that does not follow from the ones before it.
type ChainError struct {
	Incident string
	Seq      int64  // the sequence number the entry has, or should have
	Problem  string // what is wrong with it
}

// Error names the incident, the entry and the problem.
func (e *ChainError) Error() string {
	return fmt.Sprintf("log of incident %s, entry %d: %s", e.Incident, e.Seq, e.Problem)
}

// VerifyChain checks one incident's log offline: sequence numbers from 1 without a gap, each entry's hash over its
// whole content, and each entry's Prev being the hash before it. The error is a [*ChainError] for the first bad entry.
// A personal value that was erased
// must be named by an entry that says so. An intact chain does not say that the log's end is there: only a checkpoint
// kept elsewhere does.
func VerifyChain(entries []tocsin.LogEntry) error {
	var gone map[erasure]bool
	var text []byte
	prev, commands := "", newCommands(len(entries))
	for n := range entries {
		e := &entries[n]
		bad := func(format string, args ...any) error {
			return &ChainError{Incident: entries[0].Incident, Seq: int64(n + 1), Problem: fmt.Sprintf(format, args...)}
		}
		var err error
		if text, err = appendEntry(text[:0], *e); err != nil {
			return bad("content is not JSON: %v", err)
		}
		erased, problem := checkPersonal(e)
		switch {
		case e.Seq != int64(n+1):
			return bad("has sequence number %d", e.Seq)
		case e.Incident != entries[0].Incident:
			return bad("belongs to incident %s", e.Incident)
		case e.Prev != prev:
			return bad("names %.12s… as the entry before it, which is %.12s…", e.Prev, prev)
		case !hashes(text, e.Hash):
			return bad("content does not have its hash: it was changed after it was written")
		case problem != "":
			return bad("%s", problem)
		case e.Command == "":
			return bad("has no command id")
		}
		if seq := commands.add(entries[:n], e.Command); seq > 0 {
			return bad("is command %s, as entry %d is", e.Command, seq)
		}
		prev = e.Hash
		for _, path := range erased {
			if gone == nil {
				gone = map[erasure]bool{}
			}
			gone[erasure{e.Seq, path}] = true
		}
	}
	return unexplained(entries, gone)
}

// hashes reports whether a text has a hash, given in hex.
func hashes(text []byte, hash string) bool {
	var in [2 * sha256.Size]byte
	sum := sha256.Sum256(text)
	hex.Encode(in[:], sum[:])
	return string(in[:]) == hash
}

// Commands are the command ids of a log, to find the one that comes twice. A short log is looked through.
type commands map[string]int64

const shortLog = 32

func newCommands(entries int) commands {
	if entries <= shortLog {
		return nil
	}
	return make(commands, entries)
}

// add takes in the command of the entry after those before, and returns the entry that has it already; 0 for none.
func (c commands) add(before []tocsin.LogEntry, command string) int64 {
	if c == nil {
		for n := range before {
			if before[n].Command == command {
				return int64(n + 1)
			}
		}
		return 0
	}
	seq := c[command]
	c[command] = int64(len(before) + 1)
	return seq
}

// EntryHash is the hash of an entry: SHA-256, in hex, over the canonical JSON (RFC 8785 style) of all that is stored
// of it but Hash itself: Prev and Recorded are part of it. Of what is personal, the commitment is part of it and the
// value is not.
func EntryHash(e tocsin.LogEntry) (string, error) {
	text, err := entryText(e)
	if err != nil {
		return "", err
	}
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:]), nil
}

// digest is a hash over what an entry means, without what differs between two writings of the same thing: when it was
// recorded, where in the chain, and the human number.
func digest(e tocsin.LogEntry) (string, error) {
	e.Hash, e.Prev, e.Seq, e.Personal = "", "", 0, nil
	e.Recorded = e.Effective
	if len(e.Data) > 0 {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(e.Data, &members); err != nil {
			return "", err
		}
		delete(members, "number")
		data, err := json.Marshal(members)
		if err != nil {
			return "", err
		}
		e.Data = data
	}
	return sum(e)
}

func sum(v any) (string, error) {
	text, err := json.Marshal(v)
	if err == nil {
		text, err = appendCanonicalText(make([]byte, 0, len(text)), text)
	}
	if err != nil {
		return "", err
	}
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:]), nil
}
