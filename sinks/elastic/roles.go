package elastic

// retentionRole may delete whole months of alerts, and write that it did.
func (s *Store) retentionRole() object {
	p := s.config.Prefix
	return object{"cluster": []string{"monitor"}, "indices": []object{
		{"names": []string{p + "alerts-*"}, "privileges": []string{"read", "monitor", "view_index_metadata", "delete_index"}},
		{"names": []string{p + "incidents*", p + "events-*", p + "evidence-*", p + "state*"}, "privileges": []string{"read"}},
		{"names": []string{p + "log-*"}, "privileges": []string{"read", "create_doc", "auto_configure"}},
	}}
}

// eraserRole may replace entries of the logs and copies in evidence by ones that have less in them, the incidents that follow
// from them, and the verdicts of people.
func (s *Store) eraserRole() object {
	p := s.config.Prefix
	return object{"cluster": []string{"monitor"}, "indices": []object{
		{"names": []string{p + "log-*", p + "incidents*", p + "intervals-*", p + "assessments*"}, "privileges": []string{"read", "index", "create_doc", "auto_configure"}},
		{"names": []string{p + "evidence-*"}, "privileges": []string{"read", "index"}},
		{"names": []string{p + "state*"}, "privileges": []string{"read"}},
	}}
}
