package register

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tocsin"
)

// What an entry says of people stands in it beside a commitment: an HMAC of the value under a random salt. The hash of
// the entry is taken over the commitments, never over the values: where a value and its salt are taken out, the chain
// and the tree above it still hold, and nobody can try names against what is left (docs/decisions has the reasons).

// saltBytes make a name that is guessed cost 2^128 tries.
const saltBytes = 16

// personalData are the members of an entry's data that name people.
var personalData = []string{"assignee", "before", "coordinator", "owner", "shared"}

// personalOf finds the personal values of an entry that a person made, by their paths. The machine's entries say what
// sensors report: that is evidence, not data about the people who work on it.
func personalOf(e *tocsin.LogEntry) (map[string]string, error) {
	if !isPerson(e.By) {
		return nil, nil
	}
	found := map[string]string{"by.id": e.By.ID, "reason": e.Reason, "text": e.Text}
	if len(e.Data) > 0 {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(e.Data, &members); err != nil {
			return nil, fmt.Errorf("data of %s: %w", e.Action, err)
		}
		for _, name := range personalData {
			var text string
			if json.Unmarshal(members[name], &text) == nil {
				found["data."+name] = text
			}
		}
	}
	maps.DeleteFunc(found, func(_, value string) bool { return value == "" })
	return found, nil
}

// commit gives the personal values of an entry their commitments.
func commit(e *tocsin.LogEntry) error {
	values, err := personalOf(e)
	if err != nil || len(values) == 0 {
		return err
	}
	e.Personal = make(map[string]tocsin.Commitment, len(values))
	for path, value := range values {
		var salt [saltBytes]byte
		_, _ = rand.Read(salt[:]) // never fails
		text := hex.EncodeToString(salt[:])
		e.Personal[path] = tocsin.Commitment{Salt: text, Hash: commitmentOf(text, value)}
	}
	return nil
}

// commitmentOf is HMAC-SHA256, in hex, of a value's canonical JSON; its key is the salt's hex text.
func commitmentOf(salt, value string) string {
	sum := commitmentSum(salt, value)
	return hex.EncodeToString(sum[:])
}

// commits reports whether a commitment is one to a value.
func commits(c tocsin.Commitment, value string) bool {
	var in [2 * sha256.Size]byte
	sum := commitmentSum(c.Salt, value)
	hex.Encode(in[:], sum[:])
	return string(in[:]) == c.Hash
}

func commitmentSum(salt, value string) (sum [sha256.Size]byte) {
	if len(salt) > sha256.BlockSize { // none of ours
		m := hmac.New(sha256.New, []byte(salt))
		m.Write(appendString(nil, value))
		return [sha256.Size]byte(m.Sum(nil))
	}
	var few [512]byte
	inner := sha256.Sum256(appendString(padded(few[:0], salt, 0x36), value))
	return sha256.Sum256(append(padded(few[:0], salt, 0x5c), inner[:]...))
}

// padded is a key of at most a block as HMAC (RFC 2104) begins with it. A check of a whole register asks for millions.
func padded(b []byte, key string, pad byte) []byte {
	for n := range sha256.BlockSize {
		if n < len(key) {
			b = append(b, key[n]^pad)
		} else {
			b = append(b, pad)
		}
	}
	return b
}

// bare are commitments without their salts.
func bare(all map[string]tocsin.Commitment) map[string]tocsin.Commitment {
	out := make(map[string]tocsin.Commitment, len(all))
	for path, c := range all {
		out[path] = tocsin.Commitment{Hash: c.Hash}
	}
	return out
}

// blank takes out the personal values that stand in the entry itself.
func blank(e *tocsin.LogEntry, paths map[string]tocsin.Commitment) {
	for _, at := range []struct {
		path  string
		field *string
	}{{"by.id", &e.By.ID}, {"reason", &e.Reason}, {"text", &e.Text}} {
		if _, ok := paths[at.path]; ok {
			*at.field = ""
		}
	}
}

// without takes members out of the entry's data.
func without(e *tocsin.LogEntry, names []string) error {
	if len(names) == 0 || len(e.Data) == 0 {
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(e.Data, &members); err != nil {
		return err
	}
	for _, name := range names {
		delete(members, name)
	}
	data, err := canonical(members)
	e.Data = data
	return err
}

// checkPersonal holds the personal values that are there against their commitments, and lists those that were erased.
func checkPersonal(e *tocsin.LogEntry) (erased []string, problem string) {
	if len(e.Personal) == 0 {
		return nil, ""
	}
	var few [8]string
	paths := few[:0]
	for path := range e.Personal {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	var members map[string]json.RawMessage // of the data, once they are asked for
	for _, path := range paths {
		c := e.Personal[path]
		value, known := valueAt(e, path)
		if name, ok := strings.CutPrefix(path, "data."); ok {
			if members == nil && len(e.Data) > 0 && json.Unmarshal(e.Data, &members) != nil {
				return nil, "data is no object"
			}
			if text, there := members[name]; there && json.Unmarshal(text, &value) != nil {
				return nil, path + " is no text"
			}
		} else if !known {
			return nil, fmt.Sprintf("names a personal value %.40q that no entry has", path)
		}
		switch {
		case value == "" && c.Salt == "":
			erased = append(erased, path)
		case !commits(c, value):
			return nil, path + " is not what was committed to: it was changed after it was written"
		}
	}
	return erased, ""
}

// valueAt is a personal value that stands in the entry itself; false for a path that there is not.
func valueAt(e *tocsin.LogEntry, path string) (string, bool) {
	switch path {
	case "by.id":
		return e.By.ID, true
	case "reason":
		return e.Reason, true
	case "text":
		return e.Text, true
	}
	return "", false
}

// Erase takes personal values out of an entry, with their salts; "" as path is all of them. It reports whether there
// was anything to take. The entry's hash stays what it was.
func Erase(e *tocsin.LogEntry, paths ...string) (bool, error) {
	var taken []string
	found := map[string]tocsin.Commitment{}
	personal := maps.Clone(e.Personal)
	for path, c := range e.Personal {
		if c.Salt == "" || len(paths) > 0 && !slices.Contains(paths, path) {
			continue
		}
		found[path], personal[path] = c, tocsin.Commitment{Hash: c.Hash}
		if name, ok := strings.CutPrefix(path, "data."); ok {
			taken = append(taken, name)
		}
	}
	if len(found) == 0 {
		return false, nil
	}
	e.Personal = personal
	blank(e, found)
	return true, without(e, taken)
}
