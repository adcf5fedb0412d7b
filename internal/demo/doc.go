// Package demo writes a scenario to look at: a multi-stage attack, labelled stage by stage, amid benign noise, as the
// alerts of four kinds of sensors. The records are our own and synthetic: hosts are below example.com, addresses are
// those of RFC 1918 and RFC 5737. The same seed and end always give the same records.
package demo
