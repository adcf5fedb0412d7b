package correlate

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin"
)

// mostResident is what a million keys may take, in MiB: 606 were measured.
const mostResident = 660

// A million live keys of one rule: at_least 10, three alerts each, two group fields of 20 bytes. A process of its own
// measures, by what the kernel says was resident at most.
func TestAMillionKeysFit(t *testing.T) {
	if os.Getenv("TOCSIN_MILLION") != "" {
		fmt.Println("resident", million(1_000_000))
		return
	}
	if os.Getenv("TOCSIN_TEST_LONG") == "" {
		t.Skip("TOCSIN_TEST_LONG is not set")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAMillionKeysFit$", "-test.v")
	cmd.Env = append(os.Environ(), "TOCSIN_MILLION=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, text, _ := strings.Cut(string(out), "resident ")
	kib, err := strconv.Atoi(strings.Fields(text)[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MiB resident at most", kib>>10)
	if kib > mostResident<<10 {
		t.Errorf("%d MiB resident, want %d at most", kib>>10, mostResident)
	}
}

// million fills an engine with keys and returns the process's greatest resident size in KiB, 0 where the system does not
// say it.
func million(keys int) int {
	debug.SetGCPercent(10) // memory is what is scarce here
	p := plan{
		id: "r", shape: "s", kind: "count", groupBy: []string{"source.ip", "user.name"}, span: int64(time.Hour), atLeast: 10,
		ref: &tocsin.RuleRef{ID: "r"}, maxKeys: 2 * keys, maxBytes: 1 << 40,
	}
	e := newEngine(Config{}, planSet{hash: "set", plans: []plan{p}})
	for round := range 3 {
		for k := range keys {
			e.Step(keyed(round*keys+k, k, 100))
		}
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	runtime.KeepAlive(e)
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	kib, _ := strconv.Atoi(string(bytes.Fields(rest)[0]))
	return kib
}

// keyed is alert number n of key k, which concerns one of so many hosts; its texts are its own.
func keyed(n, k, hosts int) tocsin.Match {
	at := epoch.Add(time.Duration(n) * time.Millisecond / 2)
	return tocsin.Match{
		Rule: "r", Set: "set", Tenant: "default", Conditions: 1,
		Key:      []tocsin.Value{tocsin.StringValue(fmt.Sprintf("2001:db8::%010d", k)), tocsin.StringValue(fmt.Sprintf("user-name-%010d", k))},
		Entities: []tocsin.Entity{{Field: "host.name", Value: "web" + strconv.Itoa(k%hosts), Role: "victim"}},
		Alert: tocsin.AlertRef{
			ID: tocsin.Hash(strconv.Itoa(n)), Source: "src", Time: at, Received: at,
			Digest: sha256.Sum256([]byte(strconv.Itoa(n))), Ref: tocsin.Ref{Topic: "alerts", Offset: int64(n)},
		},
	}
}

// Three alerts of a key fill a class of the allocator, and a state does.
func TestSizes(t *testing.T) {
	if n := reflect.TypeFor[item]().Size(); n != itemSize {
		t.Errorf("an item has %d bytes", n)
	}
	if n := reflect.TypeFor[rare]().Size(); n > rareSize {
		t.Errorf("a rare has %d bytes", n)
	}
	if n := reflect.TypeFor[state]().Size(); n > 128 { // a class of the allocator
		t.Errorf("a state has %d bytes", n)
	}
}

// What a rule is accounted with is what its state takes, within a fifth.
func TestAccountsAreTrue(t *testing.T) {
	for _, kind := range []string{"count", "distinct", "leaky", "sequence", "absence", "first_seen"} {
		p := plan{
			id: "r", shape: "s", kind: kind, groupBy: []string{"source.ip", "user.name"}, span: int64(time.Hour), atLeast: 10, leak: int64(time.Minute),
			ref: &tocsin.RuleRef{ID: "r"}, maxBytes: 1 << 40, history: int64(24 * time.Hour), learn: int64(24 * time.Hour),
		}
		if kind == "sequence" {
			p.steps, p.atLeast = []step{{atLeast: 9}, {atLeast: 1}}, 2
		}
		const keys = 20_000
		before := heap()
		e := newEngine(Config{}, planSet{hash: "set", plans: []plan{p}})
		for n := range 3 * keys {
			m := keyed(n, n%keys, keys)
			m.Values = []tocsin.Value{m.Key[0]}
			e.Step(m)
		}
		took := int64(heap()) - int64(before)
		accounted := e.Stats().Rules[0].Bytes
		t.Logf("%s: %d B a key, accounted %d", kind, took/keys, accounted/keys)
		if ratio := float64(accounted) / float64(took); ratio < 0.8 || ratio > 1.2 {
			t.Errorf("%s: %.2f of what it takes is accounted", kind, ratio)
		}
		runtime.KeepAlive(e)
	}
}
