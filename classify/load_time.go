package classify

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/schema"
)

const (
	hoursPattern   = `^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`
	holidayPattern = `^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$`
)

var (
	hoursForm   = regexp.MustCompile(hoursPattern)
	holidayForm = regexp.MustCompile(holidayPattern)
)

func calendarKeys() []schema.Key {
	return []schema.Key{
		{Name: "zone", Mandatory: true, Shape: schema.Text(), Says: "of the time zone database, e.g. Europe/Vienna, or UTC"},
		{Name: "days", Mandatory: true, Shape: schema.With(schema.List(schema.Word(weekdays()...)), "minItems", 1)},
		{Name: "hours", Mandatory: true, Shape: schema.Matching(hoursPattern), Says: "of the clock on the wall, e.g. 08:00-18:00"},
		{Name: "holidays", Shape: schema.List(schema.Matching(holidayPattern)), Says: "2026-12-24 of one year, 12-25 of every year"},
	}
}

func holdKeys() []schema.Key {
	return []schema.Key{{Name: "stops", Mandatory: true, Shape: schema.List(schema.Word(stoppable()...)), Says: "the targets whose time does not run while an incident is on hold"}}
}

func escalationKeys() []schema.Key {
	var keys []schema.Key
	for _, name := range TargetNames() {
		keys = append(keys, schema.Key{Name: name, Shape: schema.List(schema.Object(stepKeys()...))})
	}
	return keys
}

func stepKeys() []schema.Key {
	return []schema.Key{
		{Name: "before", Shape: positive(), Says: "so long before the due time; with neither, at it"},
		{Name: "after", Shape: positive(), Says: "so long after the due time, if it is still not done"},
		{Name: "tell", Mandatory: true, Shape: schema.With(schema.List(id()), "minItems", 1), Says: "who is told: words that the routes of notifications know"},
		{Name: "priority", Shape: schema.List(schema.Matching(priorityForm.String())), Says: "only of these; all where it is missing"},
	}
}

func (l *loader) readCalendars(n *yaml.Node) {
	l.s.calendars = map[string]Calendar{}
	for _, p := range l.pairs(n, "calendars") {
		c := Calendar{Name: l.name(p.key, "calendar")}
		if c.Name == "24x7" {
			l.add(p.key, "give it another name", "24x7 is every hour of every day, whatever is written here")
		}
		what := "calendar " + c.Name
		l.by(p.value, what, calendarKeys(), map[string]func(*yaml.Node){
			"zone": func(n *yaml.Node) { c.Zone = l.zone(n, what) },
			"days": func(n *yaml.Node) {
				for _, word := range l.words(n, what+" days", weekdays()) {
					c.Days = append(c.Days, weekday(word))
				}
				if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
					l.add(n, "days: [mon, tue, wed, thu, fri]", "%s has no days: nothing would ever be due", what)
				}
			},
			"hours":    func(n *yaml.Node) { c.From, c.To = l.hours(n, what) },
			"holidays": func(n *yaml.Node) { c.Holidays = l.holidays(n, what) },
		})
		if c.Zone == nil {
			c.Zone = time.UTC
		}
		l.s.calendars[c.Name] = c
	}
}

func (l *loader) zone(n *yaml.Node, what string) *time.Location {
	name, ok := l.text(n, what+" zone")
	if !ok {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		l.add(n, "write one such as Europe/Vienna, America/New_York or UTC", "%s: no time zone is called %q", what, name)
		return nil
	}
	return zone
}

// hours reads 08:00-18:00.
func (l *loader) hours(n *yaml.Node, what string) (from, to time.Duration) {
	text, ok := l.text(n, what+" hours")
	if !ok {
		return 0, 0
	}
	if !hoursForm.MatchString(text) {
		l.wrong(n, what+" hours", "from and to on a 24-hour clock, such as 08:00-18:00,")
		return 0, 0
	}
	first, last, _ := strings.Cut(text, "-")
	if from, to = clock(first), clock(last); to <= from {
		l.add(n, "end after the beginning; 00:00-24:00 is a whole day", "%s: the hours %s are none", what, text)
	}
	return from, to
}

// clock is 08:30 since midnight.
func clock(text string) time.Duration {
	hours, minutes, _ := strings.Cut(text, ":")
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
}

func (l *loader) holidays(n *yaml.Node, what string) []Holiday {
	var all []Holiday
	for _, item := range l.list(n, what+" holidays") {
		text, ok := l.text(item, what+" holiday")
		if !ok {
			continue
		}
		h, ok := holiday(text)
		switch {
		case !holidayForm.MatchString(text):
			l.wrong(item, what+" holiday", "a day, 2026-12-24 of one year or 12-25 of every year,")
		case !ok:
			l.add(item, "write one that the calendar has", "%s: there is no day %s", what, text)
		case slices.Contains(all, h):
			l.add(item, "remove one", "%s: %s is listed twice", what, text)
		default:
			all = append(all, h)
		}
	}
	return all
}

// holiday reads 2026-12-24 or 12-25.
func holiday(text string) (Holiday, bool) {
	if len(text) == len("12-25") {
		t, err := time.Parse(time.DateOnly, "2024-"+text) // a leap year
		return Holiday{Month: t.Month(), Day: t.Day()}, err == nil
	}
	t, err := time.Parse(time.DateOnly, text)
	return Holiday{t.Year(), t.Month(), t.Day()}, err == nil
}

// calendarName reads the name of a calendar that the file has, or of one that is always there.
func (l *loader) calendarName(n *yaml.Node, what string) string {
	name, ok := l.text(n, what)
	if !ok || name == "24x7" {
		return name
	}
	known := l.s.Calendars()
	if _, ok := known[name]; !ok {
		valid := []string{"24x7"}
		for name := range known {
			valid = append(valid, name)
		}
		slices.Sort(valid)
		l.unknown(n, what+": unknown calendar", valid)
		return ""
	}
	return name
}

func (l *loader) hold(n *yaml.Node) {
	l.by(n, "hold", holdKeys(), map[string]func(*yaml.Node){
		"stops": func(n *yaml.Node) { l.s.stops = l.words(n, "stops", stoppable()) },
	})
}

func (l *loader) readEscalation(n *yaml.Node) {
	l.s.escalation = map[string][]Step{}
	known := map[string]func(*yaml.Node){}
	for _, name := range TargetNames() {
		known[name] = func(n *yaml.Node) {
			for _, item := range l.list(n, "escalation of "+name) {
				l.s.escalation[name] = append(l.s.escalation[name], l.step(item, "step of "+name))
			}
			inOrder(l.s.escalation[name])
		}
	}
	l.by(n, "escalation", escalationKeys(), known)
}

func (l *loader) step(n *yaml.Node, what string) Step {
	var s Step
	var before, after bool
	l.by(n, what, stepKeys(), map[string]func(*yaml.Node){
		"before": func(n *yaml.Node) { s.Offset, before = -l.duration(n, what+" before", false), true },
		"after":  func(n *yaml.Node) { s.Offset, after = l.duration(n, what+" after", false), true },
		"tell": func(n *yaml.Node) {
			s.Tell = l.words(n, what+" tell", nil)
			for _, item := range l.listOf(n) {
				l.name(item, what+" tell")
			}
			if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
				l.add(n, "tell: [lead]", "%s tells nobody", what)
			}
		},
		"priority": func(n *yaml.Node) {
			s.Priorities = l.words(n, what+" priority", nil)
			for _, item := range l.listOf(n) {
				if valid := l.s.priorities(); len(valid) > 0 && !slices.Contains(valid, item.Value) {
					l.unknown(item, what+": unknown priority", valid)
				}
			}
		},
	})
	if before && after {
		l.add(n, "make two steps of it", "%s comes before and after the due time", what)
	}
	return s
}
