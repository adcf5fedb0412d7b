package register

// current is the register with the options as they are now: what one command or one batch does, it does by one state of
// the scales, whatever comes into force meanwhile.
func (r *Register) current() *Register {
	if r.opts.Renew == nil {
		return r
	}
	return r.With(r.opts.Renew)
}

// With is the same register by other options: it has the store, the states that are kept of incidents and the numbers in
// common with r. What change sets of the store and the surroundings changes nothing.
func (r *Register) With(change func(*Options)) *Register {
	now := *r
	change(&now.opts)
	now.opts.defaults()
	return &now
}
