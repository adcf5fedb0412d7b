package tocsin

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// A Report is what a person told of an occurrence (ISO/IEC 27035-1, 4.7.2): the facts of an event that no rule found.
// Who told it is in the place of the informants alone, under a token.
type Report struct {
	Channel    string `json:"channel"`        // how it came, one of [Channels]
	Kind       string `json:"kind,omitempty"` // what it looks like to who tells it
	What       string `json:"what"`
	When       string `json:"when,omitempty"` // in their words
	Where      string `json:"where,omitempty"`
	Ongoing    bool   `json:"ongoing,omitempty"`
	Informant  string `json:"informant,omitempty"`  // token; "" where nobody gave a name
	Commitment string `json:"commitment,omitempty"` // [Informant.Seal]: binds the log to a name without telling it
}

// Channels are the ways in which a report comes.
func Channels() []string {
	return []string{"form", "phone", "mail", "chat", "in_person", "api", "other"}
}

// An Informant is who reported something. It can be hidden from all but a lead, and erased: the log keeps the token and
// the commitment, which says nothing without the salt that is erased with the name.
type Informant struct {
	Token      string    `json:"token"`
	Tenant     string    `json:"tenant"`
	Event      string    `json:"event"` // that the report became
	Name       string    `json:"name,omitempty"`
	Contact    string    `json:"contact,omitempty"`
	Salt       string    `json:"salt,omitempty"`
	Commitment string    `json:"commitment"`
	At         time.Time `json:"at"`
	Erased     Erasure   `json:"erased,omitzero"`
}

// An Erasure says who erased an informant's name, and why.
type Erasure struct {
	At     time.Time `json:"at"`
	By     Actor     `json:"by"`
	Reason string    `json:"reason"`
}

// Seal is the commitment to the name and the contact by the salt.
func (i *Informant) Seal() string {
	h := sha256.New()
	var size [8]byte
	for _, part := range []string{i.Salt, i.Token, i.Name, i.Contact} {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Erase is the informant without all that says who it is.
func (i *Informant) Erase(e Erasure) Informant {
	out := *i
	out.Name, out.Contact, out.Salt, out.Erased = "", "", "", e
	return out
}
