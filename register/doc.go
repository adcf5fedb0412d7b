// Package register is the incident register of ISO/IEC 27035-1, 4.7.5: commands that people and the machine give, the
// append-only log they are written to, and the projection of that log which is an incident's current state.
package register
