package elastic

// clockMapping is that of regulatory clocks: nested, so that a question about one report is about that one alone.
func clockMapping() object {
	fields := object{}
	for name, kind := range map[string]string{
		"regime": "keyword", "stage": "keyword", "anchor": "keyword", "reference": "keyword", "set_by": "keyword", "submitted_by": "keyword",
		"due": "date", "from": "date", "pessimistic": "date", "submitted": "date", "met": "boolean", "waived": "boolean", "open": "boolean", "breached_by_s": "long",
	} {
		fields[name] = property(kind)
	}
	return object{"type": "nested", "dynamic": false, "properties": fields}
}
