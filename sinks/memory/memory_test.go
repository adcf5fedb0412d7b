package memory

import (
	"testing"

	"tocsin/sinks/sinktest"
)

func TestStore(t *testing.T) {
	sinktest.Suite{
		Open: func(*testing.T) sinktest.Store { return New() },
		Damage: func(_ *testing.T, s sinktest.Store, partition int32) {
			packed := s.(*Store).snapshots[partition].packed
			packed[len(packed)/2] ^= 0xff
		},
	}.Run(t)
}
