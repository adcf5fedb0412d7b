package elastic

import (
	"net/http"
	"strings"
)

// A verdict is what the answer to one item of a bulk means for it. docs/kafka-elasticsearch.md has the table.
type verdict string

const (
	done     verdict = "done"     // it is carried out
	conflict verdict = "conflict" // another document, or a later version of it, stands there
	refused  verdict = "refused"  // Elasticsearch will never take this document: an alert goes to the dead letters
	again    verdict = "retried"  // it may be taken later
	halt     verdict = "halted"   // nothing of this kind is taken before an operator has mended something
)

// verdict judges by status and type. What is not known to be a fault of the document is never held against it.
func (o outcome) verdict() verdict {
	switch {
	case o.status/100 == 2, o.status == http.StatusNotFound && o.detail.Type == "": // the latter: what was to be deleted is gone
		return done
	case o.status == http.StatusConflict:
		return conflict
	case o.status == http.StatusRequestEntityTooLarge, o.status == http.StatusBadRequest && !o.detail.operators():
		return refused
	case o.status == http.StatusBadRequest, o.status == http.StatusUnauthorized, o.status == http.StatusForbidden, o.status == http.StatusNotFound:
		return halt
	default:
		return again
	}
}

// operators reports whether a status of 400 says that the index or the cluster is at fault and not the document. Were
// it taken for the document's, a closed index or a cluster at its limit of shards would send every alert to the dead letters.
func (e itemError) operators() bool {
	switch e.Type {
	case "index_closed_exception", // the index was closed
		"validation_exception",         // no index can be made: the cluster has as many shards as it may have
		"invalid_index_name_exception", // the prefix is none that an index can have
		"illegal_index_shard_state_exception", "cluster_block_exception", "index_create_block_exception":
		return true
	case "illegal_argument_exception": // of the index, where an alias or a data stream has taken its name
		return strings.Contains(e.Reason, "no write index is defined") || strings.Contains(e.Reason, "data streams")
	default:
		return false
	}
}
