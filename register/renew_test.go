package register

import "testing"

// A command goes by the options as they are when it begins, and keeps them to its end.
func TestRenew(t *testing.T) {
	events := 7
	r := New(Options{MaxEvents: 3, Renew: func(o *Options) { o.MaxEvents = events }})
	begun := r.current()
	events = 9
	if begun.opts.MaxEvents != 7 || r.current().opts.MaxEvents != 9 || r.opts.MaxEvents != 3 {
		t.Errorf("%d, %d, %d", begun.opts.MaxEvents, r.current().opts.MaxEvents, r.opts.MaxEvents)
	}
	events = 0
	if got := r.current().opts.MaxEvents; got != 5000 {
		t.Errorf("the default is %d", got)
	}
}
