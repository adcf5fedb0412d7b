package conformance

// A Ruling is one decision on what correlation means, with the words that the stories prove.
type Ruling struct {
	Number int
	Says   string
}

// Rulings are all rulings in order.
func Rulings() []Ruling {
	says := []string{
		"One clock: the alert's own time, in nanoseconds.",
		"A time far ahead of its receipt is marked and replaced, so that a forged clock cannot run away with the others.",
		"Late alerts within lateness still find the window of their own time; later ones are counted.",
		"The watermark is the least over the declared partitions, and only data, markers and ticks in the log move it.",
		"A condition that more alerts cannot undo fires on the alert that completes it; one that can be undone waits for the watermark.",
		"A set of alerts lies inside a window exactly when the last is less than the span later than the first.",
		"What each kind of correlation counts, exactly and without sketches.",
		"Steps of a sequence are disjoint alerts in order; equal times may be taken in either order.",
		"An alert without a field of the group key is dropped, counted as null or a group of its own, as the rule says.",
		"What is new or silent is judged by what was learned, and a full memory stays silent instead of guessing.",
		"An event is an alert to the rules of the next rank.",
		"One burst is one event; late alerts widen and merge bursts and never split one.",
		"Identity is derived from the data: a second reading of the log changes nothing.",
		"An event speaks at its milestones, not once per alert.",
		"An event carries its evidence and says how complete it is.",
		"Limits are per rule, evict what is furthest from firing, and leave a mark.",
		"An error of a rule concerns that rule and that alert.",
		"A reload keeps the state of every rule whose shape is the same.",
		"The same alerts give the same events: whatever the order within lateness, the restart, the split.",
	}
	all := make([]Ruling, len(says))
	for i, s := range says {
		all[i] = Ruling{Number: i + 1, Says: s}
	}
	return all
}
