// Package elastic pulls alerts out of indices of Elasticsearch and OpenSearch, for users of SIEMs that keep their alerts
// there. Each round opens a point in time and pages through it in the order of a time field, a little further back than
// it had come, so that documents are met that became visible late. How far it has come becomes durable with the records,
// and a document's index and id are its position: each is taken once.
//
// It speaks plain HTTP: the clients of one server refuse the other.
package elastic
