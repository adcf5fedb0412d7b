// Package http takes alerts by `POST /api/v1/alerts`: one JSON object, an array of them, NDJSON, or, as text/plain,
// lines of any format; plain, gzip or zstd. It answers 202 when all of a request is durable in a [Journal], and never
// before: what was not answered so is the client's to send again.
//
// Nothing that a client sends is held back because of what stands beside it: an element that is no JSON or is too
// large is journaled as a record with a Fault, which the pipeline dead-letters, and the others go on.
package http
