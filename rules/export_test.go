package rules

// Scan makes the matcher try every rule on every alert: what the index must agree with.
func (m *Matcher) Scan() { m.scan = true }
