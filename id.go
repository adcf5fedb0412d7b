package tocsin

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Hash is the hash behind every derived id: SHA-256 over the parts, each preceded by its length as eight big-endian
// bytes, cut to its first 16 bytes, in lower-case hex (engine.md, ruling 13).
func Hash(parts ...string) string {
	h := sha256.New()
	var size [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(p)))
		h.Write(size[:])
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// AlertID is the id of an alert whose source has no unique id of its own: a function of where the record stood and
// of what it said. sha256Hex is the digest of its original bytes.
func AlertID(tenant string, ref Ref, sha256Hex string) string {
	return Hash(tenant, ref.Incarnation, ref.Log(), strconv.Itoa(int(ref.Partition)), strconv.FormatInt(ref.Position(), 10), sha256Hex)
}

// AppendAlertID appends to to what [AlertID] gives for the digest, without other memory.
func AppendAlertID(to []byte, tenant string, ref Ref, digest [sha256.Size]byte) []byte {
	var number [20]byte
	start := len(to)
	to = appendPart(to, tenant)
	to = appendPart(to, ref.Incarnation)
	to = appendPart(to, ref.Log())
	to = appendPart(to, strconv.AppendInt(number[:0], int64(ref.Partition), 10))
	to = appendPart(to, strconv.AppendInt(number[:0], ref.Position(), 10))
	to = binary.BigEndian.AppendUint64(to, uint64(hex.EncodedLen(len(digest))))
	to = hex.AppendEncode(to, digest[:])
	sum := sha256.Sum256(to[start:])
	return hex.AppendEncode(to[:start], sum[:16])
}

// appendPart appends a part as [Hash] reads it.
func appendPart[T string | []byte](to []byte, part T) []byte {
	return append(binary.BigEndian.AppendUint64(to, uint64(len(part))), part...)
}

// SourceAlertID is the id of an alert whose source gives each alert an id that is unique by design.
func SourceAlertID(tenant, source, own string) string { return Hash(tenant, source, own) }

// RejectionID is the id of a dead letter.
func RejectionID(tenant string, ref Ref, sha256Hex string) string {
	return Hash("rejection", AlertID(tenant, ref, sha256Hex))
}

// EventID is the id of an event: the month of the earliest alert of the window at its first firing, then a hash.
func EventID(tenant, rule string, key []Value, firstAlert string, first time.Time) string {
	return month(first) + Hash(tenant, rule, KeyText(key), firstAlert)
}

// IncidentID is the id of an incident founded by an event; ordinal is 0 unless the event founded one before.
func IncidentID(tenant, event string, founded time.Time, ordinal int) string {
	return month(founded) + Hash(tenant, event, strconv.Itoa(ordinal))
}

// SlotID is the id of the slot of one entity value.
func SlotID(tenant, field, value string) string { return Hash(tenant, field, value) }

// KeyText encodes a group key without ambiguity: equal keys, and only these, have equal texts.
func KeyText(key []Value) string {
	var b strings.Builder
	for _, v := range key {
		b.WriteByte('0' + byte(v.Kind()))
		t := v.Text()
		b.WriteString(strconv.Itoa(len(t)))
		b.WriteByte(':')
		b.WriteString(t)
	}
	return b.String()
}

// Month returns the index month of an id, e.g. "2026.11", and false for an id that carries none.
func Month(id string) (string, bool) {
	if len(id) < 7 || id[6] != '-' {
		return "", false
	}
	if _, err := strconv.Atoi(id[:6]); err != nil {
		return "", false
	}
	return id[:4] + "." + id[4:6], true
}

func month(t time.Time) string { return t.UTC().Format("200601") + "-" }
