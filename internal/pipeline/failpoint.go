package pipeline

// A Failpoint is called at the places where a crash would hurt most, with the place's name. Tests end the process
// there; in production it is nil and costs a comparison.
type Failpoint func(place string)

// The places, in the order in which a record passes them.
const (
	AfterAck       = "after-ack"       // alerts are stored, their matches are not yet written
	AfterMatches   = "after-matches"   // matches are written, no marker says so yet
	BeforeCommit   = "before-commit"   // a marker is written, the input's offset is not yet committed
	AfterEvents    = "after-events"    // events are stored, the events log has none of them yet
	BeforeSnapshot = "before-snapshot" // the events log has the events, the engine is not yet saved
	AfterSnapshot  = "after-snapshot"  // the engine is saved, its offset is not yet committed
	AfterApply     = "after-apply"     // the register has the events, their offset is not yet committed
)

// Failpoints are all places.
func Failpoints() []string {
	return []string{AfterAck, AfterMatches, BeforeCommit, AfterEvents, BeforeSnapshot, AfterSnapshot, AfterApply}
}

func (f Failpoint) pass(place string) {
	if f != nil {
		f(place)
	}
}
