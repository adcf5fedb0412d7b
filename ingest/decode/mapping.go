package decode

// A Mapping is a format that a person wrote.
type Mapping struct{ Format string }

func (m *Mapping) object(*dictionary) object { return object{} }
