// Package sigma reads Sigma rules, correlations and filters (specification 2.1) and compiles them, with exactly Sigma's
// meaning, to conditions over normalised alerts. Which alerts a rule is tried on, and where its fields stand in them, is
// told by pipelines: data, one file for each kind of source, and before them those of users, in pySigma's form. What
// cannot be said exactly is refused with its reason.
package sigma
