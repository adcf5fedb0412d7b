// Package kafka writes the internal logs of Kafka mode: the matches topic, whose partitions the correlate stage owns,
// and the events topic, which the registrar reads (delivery.md 3.3). It holds their encoding and decoding, the choice
// of the partition, and the creation of the topics.
//
// kafka-go has no idempotent producer, so that a retry may write a record twice: readers drop it by its coordinates.
// What a [Producer] guarantees is order: nothing is ever written behind a batch that was not acknowledged.
package kafka
