package tocsin

import (
	"fmt"
	"time"
)

// A Disposition is what somebody did with a dead letter. They are kept for ever, and the letter with them.
type Disposition struct {
	Letter string            `json:"letter"` // id of the [Rejection]
	Number int64             `json:"number"` // 1, 2, 3, … of the letter
	Action DispositionAction `json:"action"`
	By     Actor             `json:"by"`
	Why    string            `json:"why,omitempty"`
	At     time.Time         `json:"at"`
}

// A DispositionAction says what was done.
type DispositionAction string

// What can be done with a dead letter.
const (
	Redriven  DispositionAction = "redriven"  // its record was sent to the intake again, with its identity
	Discarded DispositionAction = "discarded" // nothing more will be done with it
)

// ID is the disposition's document id.
func (d *Disposition) ID() string { return fmt.Sprintf("%s.%d", d.Letter, d.Number) }
