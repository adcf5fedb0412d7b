// Package correlate is the engine: it turns matches into information security events, per rule and group key, in
// event time alone.
//
// An [Engine] is a value, not a service. It has no goroutine, clock, logger or I/O: matches come in through
// [Engine.Step], progress of event time through [Engine.Mark], and both return the events that changed. The same
// records in the same order give the same events, byte for byte; the same alerts in any order within lateness give
// the same settled events. An Engine is not safe for concurrent use: its caller owns it, one for each partition of
// the matches log.
//
// # What an event is
//
// Take all accepted alerts of one key, sorted by time and then by id. A window is a run of them whose last lies less
// than span after its first. It satisfies the rule when it holds enough alerts (count), alerts with enough
// different values (distinct), one for each condition (set) or a sequence of steps; for kind match each alert alone
// does. For kind leaky a window runs from an alert that finds the bucket empty to one that overflows it. A burst is a maximal run that satisfying windows
// which share an alert cover together, and it goes on with each next alert that lies closer than quiet to the one
// before. A burst is one event, or, where it lasts max_open or longer, one event for each max_open counted from its
// first alert. More alerts can therefore only widen or join bursts; they never split one.
//
// # How it is computed
//
// Each key holds its alerts, sorted, from lateness before the watermark on, and of older ones what a window can still
// reach: at most at_least - 1 alerts for count, for leaky those in the bucket. A new alert changes the windows around it only, so that
// an alert in order costs the same whatever the key holds. What an event says (count, first and last, evidence,
// entities, digest) is gathered by operations whose order does not matter.
//
// A kind of rule is one file with one type: see kind.
package correlate
