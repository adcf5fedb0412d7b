// Package kafka reads records from Kafka topics as a member of a consumer group.
//
// [Source] merges all partitions that the group gives this member into batches whose Ack commits their offsets.
// [Group] is the layer below it, for stages that keep state per partition: it hands over each generation's
// [Partition] values, which are read and sought one by one.
//
// Membership is that of kafka-go's ConsumerGroup and Generation, never its group Reader, whose commits are not tied
// to a generation and can move another member's offset back. Fetches go through kafka-go's Transport, but the answers
// are read here ([readFetch], [openBatch]): every record batch is checked against its CRC, unpacked within a limit
// and looked at before a record is made of it, so that a batch which is damaged, or a bomb, is one [ingest.Record]
// with a Fault, and the partition goes on behind it.
//
// Transactional batches are not supported: the first one that is read halts its partition ([Progress.Halted]). Compacted
// topics are refused at the start.
package kafka
