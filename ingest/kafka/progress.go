package kafka

import (
	"fmt"
	"time"

	"tocsin/ingest"
)

// A haltError says that a partition cannot be read on: what stands there is not supported.
type haltError struct {
	Topic     string
	Partition int32
	Offset    int64
	Reason    string
}

func (e *haltError) Error() string {
	return fmt.Sprintf("partition %d of topic %q halts at offset %d: %s", e.Partition, e.Topic, e.Offset, e.Reason)
}

// Fetched is what one read of a partition brought.
type Fetched struct {
	Records       []ingest.Record // in the order of their offsets; empty where the partition's end was reached
	Next          int64           // offset to read next: what to commit once the records are done with
	HighWatermark int64           // offset after the partition's last record, as of this read
	Incarnation   string          // of the log that Next belongs to
	Gaps          []Gap           // that lie before the records, since the last read
}

// AtEnd reports whether nothing stood behind what this read brought.
func (f Fetched) AtEnd() bool { return f.Next >= f.HighWatermark }

// Progress says how far a partition has been read. Its fields are of one moment.
type Progress struct {
	Topic         string
	Partition     int32
	Next          int64
	HighWatermark int64
	Moved         time.Time // when Next last moved, or the partition was assigned
	Read          time.Time // of the last fetch that was answered; zero before the first
	AtEnd         time.Time // since when there has been nothing more to read; zero while there is
	Halted        string    // reason; empty while it is read
}
