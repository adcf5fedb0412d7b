package tocsin

// A Volume is how much a store has of a month of UTC: alerts by the month that they are filed under, that of their event
// time unless it lies far from their reception; events by the month that their id names, in which they opened.
type Volume struct {
	Month  string // "2026.11"
	Alerts int64
	Events int64
}
