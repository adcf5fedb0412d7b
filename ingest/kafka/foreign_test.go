package kafka

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"tocsin/ingest"
)

func TestForeignHeaders(t *testing.T) {
	var f foreign
	f.add([]byte("trace"), []byte("ab\xff"))
	f.add([]byte("empty"), nil)
	if diff := cmp.Diff([]ingest.Beside{{Field: "kafka.headers", Texts: []string{"trace: ab\uFFFD", "empty: "}}}, f.beside()); diff != "" {
		t.Error(diff)
	}
	for range 100 {
		f.add([]byte("k"), bytes.Repeat([]byte("v"), 4000))
	}
	if got := f.beside(); len(got) != 2 || got[1].Texts[0] != "98" {
		t.Errorf("%v", got[len(got)-1])
	}
}

func TestSchemaRegistry(t *testing.T) {
	for name, test := range map[string]struct{ value, want, fault string }{
		"JSON":            {`{"a":1}`, `{"a":1}`, ""},
		"JSON, wrapped":   {"\x00\x00\x00\x00\x07{\"a\":1}", `{"a":1}`, ""},
		"Avro":            {"\x00\x00\x00\x01\x07\x02\x06abc", "", "schema 263 of"},
		"a zero byte":     {"\x00", "", ""},
		"a lonely prefix": {"\x00\x00\x00\x00\x07", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := ingest.Record{Value: []byte(test.value)}
			unwrap(&r)
			if (r.Fault != "") != (test.fault != "") || !strings.Contains(r.Detail, test.fault) || test.want != "" && string(r.Value) != test.want {
				t.Errorf("%q: %s %s", r.Value, r.Fault, r.Detail)
			}
		})
	}
}

// tool finds a program, or skips the test.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// rsyslog's Kafka output and kcat, a plain producer on the console, write what is read as it was sent.
func TestRealProducers(t *testing.T) {
	c := realCluster(t)
	broker := c.Brokers[0]
	for name, produce := range map[string]func(t *testing.T, topic string, n int) (want string){
		"kcat": func(t *testing.T, topic string, n int) string {
			cmd := exec.Command(tool(t, "kcat"), "-P", "-b", broker, "-t", topic, "-z", "snappy", "-H", "trace=abc")
			cmd.Stdin = strings.NewReader(numberedLines(n))
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			return "line %d"
		},
		"rsyslog": func(t *testing.T, topic string, n int) string {
			path := tool(t, "rsyslogd")
			if found, _ := filepath.Glob("/usr/lib/*/rsyslog/omkafka.so"); found == nil {
				t.Skip("rsyslog-kafka is not installed")
			}
			dir := t.TempDir()
			source := filepath.Join(dir, "source.log")
			if err := os.WriteFile(source, []byte(numberedLines(n)), 0o600); err != nil {
				t.Fatal(err)
			}
			conf := fmt.Sprintf(`global(workDirectory=%q)
module(load="imfile")
module(load="omkafka")
template(name="json" type="string" string="{\"@timestamp\":\"%%timereported:::date-rfc3339%%\",\"host\":{\"name\":\"%%hostname%%\"},\"message\":\"%%msg:::json%%\"}")
input(type="imfile" File=%q Tag="app:")
action(type="omkafka" broker=[%q] topic=%q template="json" confParam=["compression.codec=lz4"])
`, dir, source, broker, topic)
			name := filepath.Join(dir, "rsyslog.conf")
			if err := os.WriteFile(name, []byte(conf), 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			cmd := exec.CommandContext(ctx, path, "-n", "-f", name, "-i", filepath.Join(dir, "pid"))
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { cancel(); _ = cmd.Wait() })
			return `"message":"line %d"}`
		},
	} {
		t.Run(name, func(t *testing.T) {
			const n = 500
			topic := c.topic(t, 1)
			want := produce(t, topic, n)
			s := open(t, c.config(topic, topic), Options{})
			got := readN(t, s, n)
			for i, r := range got {
				if text := fmt.Sprintf(want, i); !strings.HasSuffix(string(r.Value), text) || r.Fault != "" {
					t.Fatalf("%d: %q %s, not %s", i, r.Value, r.Fault, text)
				}
			}
			if name == "kcat" && (len(got[0].Beside) != 1 || got[0].Beside[0].Texts[0] != "trace: abc") {
				t.Errorf("headers: %+v", got[0].Beside)
			}
		})
	}
}

func numberedLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	return b.String()
}

// Headers come through a fake broker too, and Avro is refused with its reason.
func TestHeadersAndAvro(t *testing.T) {
	c := fakeCluster(t)
	topic := c.topic(t, 1)
	for _, r := range []*kgo.Record{
		{Topic: topic, Value: []byte(`{"a":1}`), Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("v")}, {Key: "tocsin-source", Value: []byte("forged")}}},
		{Topic: topic, Value: []byte("\x00\x00\x00\x00\x07\x02abc")},
	} {
		if err := c.client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	got := readN(t, open(t, c.config(topic, topic), Options{}), 2)
	if got[0].Source == "forged" || len(got[0].Beside) != 1 || got[0].Beside[0].Texts[0] != "h: v" {
		t.Errorf("%+v", got[0])
	}
	if got[1].Fault != faultSchema || len(got[1].Value) == 0 {
		t.Errorf("%+v", got[1])
	}
}
