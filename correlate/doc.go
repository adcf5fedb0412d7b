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
// # Conditions that more alerts can undo
//
// Kind absence speaks of what did not come; in a leaky bucket of distinct values an earlier alert of a value moves its pour. Such a kind is a function from all accepted alerts of a key to its
// firings: sets of alerts, each with the moment that decides over it. A firing is said when the watermark has passed
// its moment, and not before; at the end of recorded input, those are said whose moment lies before the greatest time
// of the input. A burst is a maximal set of firings that share alerts, or of which one begins less than quiet after the
// last alert of those before it; its alerts are those of its firings, cut into events by max_open as above. A late alert
// can widen, join, shrink and split bursts. An event keeps its id while any of its alerts is still fired: it goes to
// the event that holds the first of these. One of which nothing is left is withdrawn.
//
// A firing of a leaky bucket of values is the at_least alerts that were poured last and what lies between them, its moment
// the alert that overflowed the bucket.
//
// An absence is an alert a that meets the rule's first condition, where no other alert meets the second at a time from
// that of a to span after it. Its moment is that last time, its set a alone.
//
// A sequence with absent steps or an until is one of these kinds. It is complete at a time t where there are times at
// which its steps are complete, the last of them t, and alerts, none of them taken twice: for each step at_least that
// meet its condition from the time of the step before on, one of them at its own time. The first step's begin at a time
// less than span before t. A step of different values takes the one alert at its own time; it counts the values of all
// alerts that meet its condition from the time of the step before to that. A step's time is at most its within after that
// of the one before. No alert meets an absent condition between these two times, equal ones aside, and none meets until
// between the first alert's and t. With a trailing absence none meets its condition, nor until, after t and until the
// deadline, itself included; that is its moment, else t. Its set is the alerts that meet a step's condition, at times in
// (t - span, t] and at or after the last until before t.
//
// A silence is a time of an alert after which no other lies, up to span later and with it; its moment is that last time, its
// set the alerts of that time. Each is an event of its own, which speaks of no alert: it begins with that time, ends with
// the moment and has no evidence. It closes at the key's next alert. An
// expected key stands as if it had an alert at the watermark at which the engine learned of it.
//
// A spike is a time t of an alert at which the window (t - span, t] holds at_least alerts, and ratio times as many as a slot
// of the baseline has on average. Slots begin at the multiples of span since 1970; the baseline is the last of them that
// lie before the window, a number that the rule gives. The key's history must have begun in a slot before those: with
// its first alert, or the first after a pause longer than the baseline and two spans. Its moment is t, its set the window.
//
// A measure is a time t of an alert with a number at which the sum, the average or a percentile of the numbers of the window
// (t - span, t] lies within the rule's bounds. The percentile p of n numbers stands at rank (n - 1) p / 100, counted from 0
// in their order, on a straight line between the two around it: of 50 it is the median. Numbers are exact to nine decimals.
// Its moment is t, its set the alerts of the window that have a number.
//
// # How it is computed
//
// Each key holds its alerts, sorted, from lateness before the watermark on, and of older ones what a window can still
// reach: at most at_least - 1 alerts for count, for leaky those in the bucket. A new alert changes the windows around it only, so that
// an alert in order costs the same whatever the key holds. What an event says (count, first and last, evidence,
// entities, digest) is gathered by operations whose order does not matter.
//
// A kind that more alerts can undo runs a machine over its alerts as far as the watermark has come, and keeps copies of
// it on the way: a late alert lets it run again from the copy before, and the difference is the revision. See fold.
//
// A kind of rule is one file with one type: see kind.
package correlate
