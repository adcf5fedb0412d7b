package register

// current is the register with the options as they are now: what one command or one batch does, it does by one state of
// the scales, whatever comes into force meanwhile.
func (r *Register) current() *Register {
	if r.opts.Renew == nil {
		return r
	}
	now := *r
	now.opts.Renew(&now.opts)
	now.opts.defaults()
	return &now
}
