package tocsin_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Two stacks that start at once fetch the same servers: whoever is second leaves the first one's folder as it is.
func TestStackFetchedTwiceAtOnce(t *testing.T) {
	cache := t.TempDir()
	command := exec.CommandContext(t.Context(), "bash", "-euc", `
		STACK_DIR=$1
		source deploy/stack/lib.sh
		source deploy/stack/fetch.sh
		KAFKA_VERSION=4.1.0 ONLY=kafka
		verified() { :; }
		fetch_kafka() {
			mkdir "$1" && touch "$1/mine"
			mkdir "$(cache_root)/kafka-4.1.0" && touch "$(cache_root)/kafka-4.1.0/theirs"
		}
		fetch`, "-", t.TempDir())
	command.Env = append(command.Environ(), "XDG_CACHE_HOME="+cache)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got, err := filepath.Glob(filepath.Join(cache, "tocsin-stack", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || !strings.HasSuffix(got[0], "kafka-4.1.0/theirs") {
		t.Errorf("the cache holds %q, want what came first alone", got)
	}
}
