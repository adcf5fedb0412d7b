// Package simulator runs the daemon's own stages, its codecs and its Elasticsearch client over a log and a store that go
// wrong: daemons crash, stand still and come back, partitions change hands, writes are applied and their answers lost, cut
// short or made up. All of it happens on the virtual clock of a testing/synctest bubble and follows from a seed.
//
// A [Scene] says what goes wrong; [Play] runs it in a bubble and tells what the store holds that it must not, or lacks,
// by comparison with a replay of the records that were produced.
package simulator
