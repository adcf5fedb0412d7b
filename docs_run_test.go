package tocsin_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

// The pages that lead through a task. What they show is run, in a folder of its own for each page, by a shell that has
// the tocsin of this checkout. A comment before a block says how:
//
//	<!-- run -->           each line after "$ " is a command that ends with 0; the lines below it are what it prints,
//	                       … standing for anything, and a line … for any lines. What only reads is asked again for a while
//	<!-- run: exit 1 -->   the same, ending with 1
//	<!-- run as: … -->     another command is run in its place, which a test can afford
//	<!-- background -->    a daemon, in another terminal
//	<!-- do: … -->         nothing is shown: a command that the page takes as done
//	<!-- stop -->          nothing is shown: the daemon that was started last is stopped
//	<!-- file: NAME -->    the block is the content of the file
//	<!-- not run: … -->    why not
//
// Addresses and names are those that the reader has; the test's own take their place.
var taskPages = []string{
	"docs/ways-in.md",
	"README.md", "docs/first-steps.md", "docs/configuration.md", "docs/operating.md", "docs/performance.md", "docs/evidence.md", "docs/adding.md",
	"docs/kafka-elasticsearch.md", "docs/metrics-queries.md", "docs/conformance.md", "docs/authoring.md", "docs/tuning-rules.md", "docs/sigma.md", "docs/quality.md", "docs/enrichment.md", "docs/clocks.md", "docs/notifications.md", "docs/people.md",
	"docs/incident-work.md",
}

// onServers are the pages that need Kafka and Elasticsearch.
var onServers = map[string]bool{"docs/kafka-elasticsearch.md": true, "docs/metrics-queries.md": true}

func TestDocsRun(t *testing.T) {
	runPages(t, func(page string) bool { return !onServers[page] }, func(*session) {})
}

func TestDocsRunOnServers(t *testing.T) {
	if os.Getenv("TOCSIN_TEST_KAFKA") == "" {
		t.Skip("TOCSIN_TEST_KAFKA is not set: deploy/stack/up starts a broker")
	}
	runPages(t, func(page string) bool { return onServers[page] }, (*session).useServers)
}

func runPages(t *testing.T, which func(page string) bool, prepare func(*session)) {
	bin := filepath.Join(t.TempDir(), "tocsin")
	if text, err := exec.Command("go", "build", "-o", bin, "./cmd/tocsin").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, page := range taskPages {
		if !which(page) {
			continue
		}
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			s := newSession(t, filepath.Dir(bin))
			prepare(s)
			for _, b := range blocksOf(t, page, string(text)) {
				s.do(b)
			}
		})
	}
}

// A block is one fenced block of a page and how it is to be run.
type block struct {
	where string // page:line
	how   string
	lines []string
}

var instruction = regexp.MustCompile(`^<!-- ((?:run|run as|do|background|stop|file|not run)(?:: .*)?) -->$`)

// blocksOf finds the blocks of a page. One in a language that can be run must say how.
func blocksOf(t *testing.T, page, text string) []block {
	t.Helper()
	var found []block
	var open *block
	how, language := "", ""
	for n, line := range strings.Split(text, "\n") {
		where := fmt.Sprintf("%s:%d", page, n+1)
		fence, isFence := strings.CutPrefix(line, "```")
		switch m := instruction.FindStringSubmatch(line); {
		case open != nil && isFence:
			if how == "" && language != "" {
				t.Errorf("%s: a block of %s does not say how it is tested", open.where, language)
			}
			if how != "" {
				found = append(found, *open)
			}
			open, how = nil, ""
		case isFence:
			language, open = fence, &block{where: where, how: how}
		case open != nil:
			open.lines = append(open.lines, line)
		case m != nil && (m[1] == "stop" || strings.HasPrefix(m[1], "do: ")):
			found = append(found, block{where: where, how: m[1]})
		case m != nil:
			how = m[1]
		case strings.HasPrefix(line, "<!-- "):
			t.Errorf("%s: no instruction: %s", where, line)
		}
	}
	return found
}

// A session runs a page.
type session struct {
	t       *testing.T
	folder  string
	env     []string
	theirs  []string // pairs: what the page says, what stands in for it here
	daemons []*exec.Cmd
}

func newSession(t *testing.T, bin string) *session {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	s := &session{t: t, folder: t.TempDir(), theirs: []string{"127.0.0.1:8080", address, "127.0.0.1:5514", freeAddress(t)}}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "TOCSIN_") && !strings.HasPrefix(pair, "PATH=") {
			s.env = append(s.env, pair)
		}
	}
	s.env = append(s.env, "PATH="+bin+":"+os.Getenv("PATH"), "TOCSIN_HTTP_LISTEN="+address, "REPOSITORY="+root, "LC_ALL=C.UTF-8")
	t.Cleanup(func() {
		for len(s.daemons) > 0 {
			s.stop()
		}
	})
	return s
}

// freeAddress is one that nothing listens on, for the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprint("127.0.0.1:", 10_000+rand.IntN(10_000)) // of those that no system gives away by itself
		if listener, err := net.Listen("tcp", address); err == nil {
			listener.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// here is text of the page as it is run.
func (s *session) here(text string) string { return strings.NewReplacer(s.theirs...).Replace(text) }

// there is what was printed as the page would show it.
func (s *session) there(text string) string {
	var back []string
	for i := 0; i < len(s.theirs); i += 2 {
		back = append(back, s.theirs[i+1], s.theirs[i])
	}
	return strings.NewReplacer(back...).Replace(text)
}

func (s *session) do(b block) {
	s.t.Helper()
	how, argument, _ := strings.Cut(b.how, ": ")
	switch how {
	case "file":
		text := s.here(strings.Join(b.lines, "\n") + "\n")
		name := filepath.Join(s.folder, argument)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	case "not run":
		s.t.Logf("%s: not run: %s", b.where, argument)
	case "background":
		s.start(b)
	case "stop":
		s.stop()
	case "run as", "do":
		if words := strings.Fields(s.here(argument)); words[0] == "create-topic" || words[0] == "produce" {
			s.kafka(words)
			return
		}
		s.expect(b.where, argument, nil, 0)
	case "run":
		code := 0
		if argument != "" {
			if _, err := fmt.Sscanf(argument, "exit %d", &code); err != nil {
				s.t.Fatalf("%s: %v", b.where, err)
			}
		}
		for _, c := range commandsOf(s.t, b) {
			s.expect(b.where, c.line, c.output, code)
		}
	}
}

// A shown command is one line of a block and what the page says it prints; nil where it says nothing.
type shown struct {
	line   string
	output []string
}

func commandsOf(t *testing.T, b block) []shown {
	t.Helper()
	var all []shown
	for _, line := range b.lines {
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case isCommand:
			all = append(all, shown{line: command})
		case len(all) == 0:
			t.Fatalf("%s: the block does not begin with a command", b.where)
		case strings.HasSuffix(all[len(all)-1].line, `\`) && all[len(all)-1].output == nil:
			all[len(all)-1].line += "\n" + line
		default:
			all[len(all)-1].output = append(all[len(all)-1].output, line)
		}
	}
	return all
}

// expect runs a command until it prints what the page says. One that changes something is run once.
func (s *session) expect(where, line string, output []string, code int) {
	s.t.Helper()
	changes := regexp.MustCompile(`--data|-d '|-X |tocsin (setup|run|demo)|tocsin report --|incident (create|declare|acknowledge|contain|resolve|close|assign|team|hold|release|crisis|return|merge|split|hand-over|recover|review|follow-up)|^(cp|mv|mkdir|echo)|act.sh`).MatchString(line)
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		got, ended := s.shell(line)
		fault := ""
		switch {
		case ended != code:
			fault = fmt.Sprintf("ended with %d, not %d", ended, code)
		case output != nil && !fits(output, strings.Split(strings.TrimRight(got, "\n"), "\n")):
			fault = "printed something else than\n" + strings.Join(output, "\n")
		default:
			return
		}
		if changes || time.Now().After(deadline) {
			s.t.Fatalf("%s: %s\n%s\nbut\n%.2000s", where, line, fault, got)
		}
	}
}

// shell runs one line and returns what it printed and how it ended.
func (s *session) shell(line string) (string, int) {
	cmd := exec.CommandContext(s.t.Context(), "bash", "-c", s.here(line))
	cmd.Dir, cmd.Env = s.folder, s.env
	text, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return s.there(string(text)), cmd.ProcessState.ExitCode()
}

// fits reports whether what was printed is what a page shows.
func fits(shown, printed []string) bool {
	if len(shown) == 0 {
		return len(printed) == 0
	}
	if strings.TrimSpace(shown[0]) == "…" {
		for i := range len(printed) + 1 {
			if fits(shown[1:], printed[i:]) {
				return true
			}
		}
		return false
	}
	if len(printed) == 0 {
		return false
	}
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(shown[0]), "…", ".*") + "$"
	return regexp.MustCompile(pattern).MatchString(printed[0]) && fits(shown[1:], printed[1:])
}

// start runs a daemon until stop, and waits until it listens.
func (s *session) start(b block) {
	s.t.Helper()
	commands := commandsOf(s.t, b)
	cmd := exec.Command("bash", "-c", "exec "+s.here(commands[0].line))
	cmd.Dir, cmd.Env = s.folder, s.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.daemons = append(s.daemons, cmd)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		s.t.Log(lines.Text())
		if strings.Contains(lines.Text(), "page and intake on") {
			go func() { _, _ = io.Copy(io.Discard, out) }() // so that it never waits for a reader
			return
		}
	}
	s.t.Fatalf("%s: the daemon does not listen", b.where)
}

// stop ends the daemon that was started last, as Ctrl-C does.
func (s *session) stop() {
	if len(s.daemons) == 0 {
		s.t.Fatal("no daemon runs")
	}
	cmd := s.daemons[len(s.daemons)-1]
	s.daemons = s.daemons[:len(s.daemons)-1]
	_ = cmd.Process.Signal(os.Interrupt) // it may have ended
	if err := cmd.Wait(); err != nil {
		s.t.Errorf("the daemon ended with %v", err)
	}
}

// useServers lets Kafka, Elasticsearch and the name soc of the page be those of the test.
func (s *session) useServers() {
	brokers, es := os.Getenv("TOCSIN_TEST_KAFKA"), os.Getenv("TOCSIN_TEST_ES")
	switch {
	case brokers == "" || os.Getenv("TOCSIN_TEST_KAFKA_CA") != "":
		s.t.Skip("TOCSIN_TEST_KAFKA names no plain-text broker: deploy/stack/up starts one")
	case es == "":
		s.t.Skip("TOCSIN_TEST_ES names no server: deploy/stack/up starts one")
	}
	name := fmt.Sprintf("tt%d", time.Now().UnixNano())
	broker, _, _ := strings.Cut(brokers, ",")
	s.theirs = append(s.theirs, "127.0.0.1:9092", broker, "http://127.0.0.1:9200", strings.TrimSuffix(es, "/"), "soc-", name+"-", "soc.", name+".", "group: soc", "group: "+name)
	s.t.Cleanup(func() { // best effort: these are servers of tests
		topics := []string{name + "-alerts", name + ".intake", name + ".matches", name + ".events"}
		_, _ = (&kafka.Client{Addr: kafka.TCP(broker)}).DeleteTopics(context.Background(), &kafka.DeleteTopicsRequest{Topics: topics})
		indices, _ := exec.Command("curl", "-s", es+"/_cat/indices/"+name+"-*?h=index").Output()
		for _, path := range append(strings.Fields(string(indices)), "_index_template/"+name+"-alerts", "_index_template/"+name+"-register") {
			_ = exec.Command("curl", "-s", "-X", "DELETE", es+"/"+path).Run()
		}
	})
}

// kafka stands in for the tools of Kafka: create-topic TOPIC, produce TOPIC FILE.
func (s *session) kafka(words []string) {
	s.t.Helper()
	address := kafka.TCP(strings.Split(os.Getenv("TOCSIN_TEST_KAFKA"), ",")...)
	if words[0] == "create-topic" {
		made, err := (&kafka.Client{Addr: address}).CreateTopics(s.t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: words[1], NumPartitions: 4, ReplicationFactor: 1}}})
		if err == nil {
			err = made.Errors[words[1]]
		}
		if err != nil {
			s.t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(filepath.Join(s.folder, words[2]))
	if err != nil {
		s.t.Fatal(err)
	}
	var messages []kafka.Message
	for line := range bytes.Lines(text) {
		messages = append(messages, kafka.Message{Value: bytes.TrimRight(line, "\n")})
	}
	w := &kafka.Writer{Addr: address, Topic: words[1], BatchTimeout: time.Millisecond, RequiredAcks: kafka.RequireAll}
	if err := errors.Join(w.WriteMessages(s.t.Context(), messages...), w.Close()); err != nil {
		s.t.Fatal(err)
	}
}

func TestFits(t *testing.T) {
	for name, c := range map[string]struct {
		shown, printed string
		want           bool
	}{
		"the same":          {"a", "a", true},
		"another":           {"a", "b", false},
		"part":              {"a…c", "abc", true},
		"any lines":         {"a\n…\nz", "a\nb\nc\nz", true},
		"no lines":          {"a\n…\nz", "a\nz", true},
		"more at the end":   {"a", "a\nb", false},
		"less":              {"a\nb", "a", false},
		"marks are literal": {"a.c", "abc", false},
	} {
		if got := fits(strings.Split(c.shown, "\n"), strings.Split(c.printed, "\n")); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
