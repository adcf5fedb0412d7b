package tocsin

import "time"

// A Novelty is how an event of kind novelty came about: what was rare, how rare and against what, which risk stood
// against which bar, and what joined later and why.
type Novelty struct {
	By        string          `json:"by"`                // novelty or tactics: which of the two bars was passed
	Risk      float64         `json:"risk"`              // points at opening
	Bar       float64         `json:"bar"`               // points that were asked for
	Pairs     int             `json:"pairs"`             // different pairs of a rule and a host at opening
	Rules     int             `json:"rules"`             // different rules among them
	Tactics   []string        `json:"tactics"`           // ATT&CK tactics at opening, as tags name them
	Hosts     int             `json:"hosts"`             // that take part
	Members   []NoveltyMember `json:"members"`           // the pairs in the order in which they joined, at most 200
	More      int64           `json:"more,omitempty"`    // pairs beyond these
	Earlier   []NoveltyPast   `json:"earlier,omitempty"` // possibly earlier: sessions of its hosts that scored high before; not among the event's alerts
	Merged    []string        `json:"merged,omitempty"`  // events that were merged into this one
	Highest   float64         `json:"highest"`           // risk since
	HighestAt time.Time       `json:"highest_at,omitzero"`
}

// A NoveltyMember is a pair of a rule and a host that takes part in an event.
type NoveltyMember struct {
	Rule     string    `json:"rule"`
	Host     string    `json:"host"`
	At       time.Time `json:"at"`               // of its first alert
	Alerts   int64     `json:"alerts"`           // of the pair that take part
	Rarity   float64   `json:"rarity"`           // bits
	Points   float64   `json:"points"`           // that rarity gave
	Cold     float64   `json:"cold,omitempty"`   // points that tactics gave
	Tactic   string    `json:"tactic,omitempty"` // that these are for
	Fired    int64     `json:"fired"`            // ten-minute spans in which the pair had fired before
	Observed int64     `json:"observed"`         // ten-minute spans that its host was known for
	Fleet    float64   `json:"fleet"`            // share of ten-minute spans in which the rule fired, over all hosts
	Joined   string    `json:"joined"`           // seed, member, tied, chain, entity or merge
	With     string    `json:"with,omitempty"`   // the rule or the value that ties it to the event
	Alert    string    `json:"alert"`            // id of its first alert
}

// A NoveltyPast is a session of a host that scored high before an event of it opened.
type NoveltyPast struct {
	Host   string     `json:"host"`
	First  time.Time  `json:"first"`
	Last   time.Time  `json:"last"`
	Points float64    `json:"points"`
	Rules  []string   `json:"rules"`
	Alerts []AlertRef `json:"alerts"` // the first ones
}

// A NoveltyStanding is how a scope of kind novelty stands: its risk over time against its bar, what is rare today, and the
// ordinary, counted.
type NoveltyStanding struct {
	Hosts       int              `json:"hosts"`
	Rules       int              `json:"rules"`
	Pairs       int              `json:"pairs"`
	Learned     float64          `json:"learned"` // share of the learning time that has passed
	Hours       []NoveltyHour    `json:"hours"`   // that had risk, the newest first, at most 168
	Rare        []NoveltyTally   `json:"rare"`    // pairs that scored today, the rarest first, at most 50
	MoreRare    int              `json:"more_rare,omitempty"`
	Ordinary    []NoveltyTally   `json:"ordinary"` // the other pairs of today, the most alerts first, at most 50
	More        int              `json:"more_ordinary,omitempty"`
	Alerts      int64            `json:"alerts"`            // of today
	Lowered     []NoveltyLowered `json:"lowered,omitempty"` // pairs that count for less, since people closed an incident of theirs as no cause for concern; at most 50
	MoreLowered int              `json:"more_lowered,omitempty"`
	Day         time.Time        `json:"day,omitzero"`
}

// A NoveltyHour is the highest risk of an hour, and the bar that it stood against.
type NoveltyHour struct {
	At   time.Time `json:"at"`
	Risk float64   `json:"risk"`
	Bar  float64   `json:"bar"`
}

// A NoveltyTally is what a pair of a rule and a host did today.
type NoveltyTally struct {
	Rule      string  `json:"rule"`
	Host      string  `json:"host"`
	Alerts    int64   `json:"alerts"`    // today
	Yesterday int64   `json:"yesterday"` // and the day before
	Rarity    float64 `json:"rarity"`    // bits, when it last began to fire
	Points    float64 `json:"points"`    // that this and its tactic give
}

// A NoveltyHost is how one host of a scope of kind novelty stands: what scored on it, what is rare on it today, and the
// ordinary, counted.
type NoveltyHost struct {
	Rule     string         `json:"rule"` // id
	Title    string         `json:"title"`
	Group    Group          `json:"group"`    // of the scope
	Since    time.Time      `json:"since"`    // of the host's first alert
	Now      time.Time      `json:"now"`      // of the scope's newest alert
	Risk     float64        `json:"risk"`     // of the last hour, by what the host alone showed
	Bar      float64        `json:"bar"`      // points that novelty asks for
	Sessions []NoveltyPast  `json:"sessions"` // runs of what scored, the oldest first, at most 16; their points do not decay
	Rare     []NoveltyTally `json:"rare"`     // pairs that scored today, the rarest first, at most 50
	MoreRare int            `json:"more_rare,omitempty"`
	Ordinary []NoveltyTally `json:"ordinary"` // the other pairs of today, the most alerts first, at most 50
	More     int            `json:"more_ordinary,omitempty"`
	Alerts   int64          `json:"alerts"` // of today
	Day      time.Time      `json:"day"`
}
