package kafka

import (
	"testing"

	"tocsin/ingest"
)

// What a record says of its writer is kept as it stands; other headers of ours say nothing of it.
func TestClaim(t *testing.T) {
	got := claim([]recordHeader{{headerSource, []byte("s")}, {headerActor, []byte("soar")}, {headerAt, []byte("2026")}, {headerSignature, []byte("v1=00")}, {headerActor, []byte("other")}})
	if want := (ingest.Claim{Actor: "other", At: "2026", Signature: "v1=00"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := claim(nil); got != (ingest.Claim{}) {
		t.Errorf("%+v", got)
	}
}
