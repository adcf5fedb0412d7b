package sigma

// run applies one pipeline to one rule.
type run struct {
	pipeline *UserPipeline
	rule     *Rule
	asked    *detection
	state    map[string]string
	applied  map[string]bool // ids of steps
}

type step struct{}

func (r *run) all([]*step) error { return nil }
