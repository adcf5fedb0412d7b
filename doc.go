// Package tocsin is the vocabulary of the pipeline: the [Alert] that a SIEM or sensor reports, the [Match] of one
// alert with one rule, the [Event] that correlated alerts amount to, the [Assessment] of that event, and the
// [Incident] that an event becomes when it needs a response. The terms are those of ISO/IEC 27035-1:2023, 3.1.
//
// The package holds words and the rules that belong to them: the deterministic ids, the moves an incident's status
// allows, the arithmetic of durations. It imports the standard library alone and does no I/O.
package tocsin
