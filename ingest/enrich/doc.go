// Package enrich adds to alerts what is known beside their records: which indicators of compromise and other lists they
// meet, the flow's community id, registered domains, browsers, and where addresses are. All that it knows is one immutable
// [Knowledge] with a version, which stands on every alert that was looked up in it.
package enrich
