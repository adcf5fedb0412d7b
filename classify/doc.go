// Package classify says what an event is: its category, impact, urgency, severity class and priority, whether it
// becomes an incident, and why (ISO/IEC 27035-1, 4.2 and 5.4). The scales and the assets that it goes by are data,
// written by people and checked when they are loaded; a [Classifier] applies them and is a pure function of them and
// of the event.
package classify
