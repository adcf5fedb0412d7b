package tocsin

import "time"

// An Exhibit is the copy of one alert that an incident refers to, made when it was promoted, so that it outlives the
// alert: what is said of it is its manifest, and its original bytes stand beside (ISO/IEC 27037).
type Exhibit struct {
	ID string `json:"id"` // of the manifest: its hash
	Manifest
	Original []byte `json:"original,omitempty"` // as received; left out where the manifest alone was asked for
}

// A Manifest says what an exhibit is, where it came from and how it was acquired.
type Manifest struct {
	Incident  string    `json:"incident"`
	Tenant    string    `json:"tenant"`
	Event     string    `json:"event"` // that refers to it
	Alert     string    `json:"alert"` // id
	SHA256    string    `json:"sha256"`
	Size      int64     `json:"size"`
	MediaType string    `json:"media_type"`
	Source    string    `json:"source"` // name of the configured source
	Format    string    `json:"format"`
	Ref       Ref       `json:"ref"`               // topic, partition and offset, or file and line
	At        time.Time `json:"at"`                // event time
	Received  time.Time `json:"received,omitzero"` // by the daemon
	Acquired  Acquired  `json:"acquired"`
}

// Acquired says how a copy was made. Its time is that of the emission for which it was made, so that the copy is the
// same when it is made again; the log entry that names it tells when that was recorded.
type Acquired struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`   // registrar
	Tool string    `json:"tool"` // tocsin and its version
	How  string    `json:"how"`  // copied from the stored alert, digest checked
}

// A LegalHold keeps what an incident refers to from being disposed of.
type LegalHold struct {
	Since  time.Time `json:"since"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
}

// A Disposal says when, by whom and why the original of an exhibit was deleted. Its manifest stays.
type Disposal struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
}
