package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go"

	"tocsin/bench/internal/given"
)

// A stand is the servers and what the daemons need on them: topics, indices, configurations.
type stand struct {
	options
	name    string // of everything on the servers
	scratch string
	elastic string // past the proxy
	brokers []string
	proxy   *proxy
	links   []*link
	base    int  // the first link's port
	started bool // servers of our own run
	begun   time.Time
}

// inputs is how many partitions the input has, and shards how many the matches topic.
const (
	inputs = 4
	shards = 8
)

func (s *stand) topic() string { return s.name + "-in" }

// open starts the servers, where none are given, and sets everything up.
func (s *stand) open(ctx context.Context) error {
	s.name = "tt" + strconv.FormatInt(time.Now().UnixNano(), 36)
	s.brokers, s.elastic = s.kafka, s.store
	built := make(chan error, 1)
	go func() { built <- s.builds(ctx) }()
	var err error
	if s.servers {
		err = s.startServers(ctx)
	}
	if err := errors.Join(err, <-built); err != nil {
		return err
	}
	if s.proxy, err = newProxy(s.elastic); err != nil {
		return err
	}
	if err := os.MkdirAll(s.points(), 0o700); err != nil {
		return err
	}
	rules := filepath.Join(s.scratch, "rules")
	if err := os.MkdirAll(rules, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(rules, "chaos.yml"), []byte(ruleText), 0o600); err != nil {
		return err
	}
	scales, err := s.scaleText()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.scaleFile()), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(s.scaleFile(), scales, 0o600); err != nil {
		return err
	}
	file, err := s.configure("setup")
	if err != nil {
		return err
	}
	for _, server := range []string{"kafka", "elasticsearch"} {
		cmd := exec.CommandContext(ctx, s.binary, "setup", server, "--config", file)
		cmd.Env = s.environment()
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("set up %s: %w\n%s", server, err, text)
		}
	}
	made, err := s.client().CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: s.topic(), NumPartitions: inputs, ReplicationFactor: s.replicas}}})
	if err != nil {
		return err
	}
	return made.Errors[s.topic()]
}

// startServers starts Kafka and Elasticsearch in a folder of their own. The brokers tell clients the addresses of the
// links, so that everything passes these.
func (s *stand) startServers(ctx context.Context) error {
	if err := s.makeLinks(); err != nil {
		return err
	}
	s.started = true
	if err := s.up(ctx); err != nil {
		return err
	}
	s.elastic = "http://127.0.0.1:" + s.told("elasticsearch.port")
	return nil
}

// portsOf is how far the ports of the brokers and their controllers reach beyond the first link's, and firstBroker
// where the brokers' begin.
const (
	portsOf     = 20
	firstBroker = 4
)

// makeLinks finds ports in a row: for the links, and behind them for the brokers.
func (s *stand) makeLinks() error {
	for base := 30100; base < 32000; base += portsOf {
		if !vacant(base, portsOf) {
			continue
		}
		if s.linksFrom(base) == nil {
			return nil
		}
	}
	return errors.New("no free ports in a row")
}

// linksFrom listens on ports from one on. Another run may have been quicker: then there are no links.
func (s *stand) linksFrom(base int) error {
	s.base, s.brokers = base, nil
	for n := range s.replicas {
		k, err := newLink(loopback(base+n), loopback(base+firstBroker+n))
		if err != nil {
			for _, k := range s.links {
				k.Close()
			}
			s.links = nil
			return err
		}
		s.links, s.brokers = append(s.links, k), append(s.brokers, loopback(base+n))
	}
	return nil
}

func loopback(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// vacant reports whether nobody listens on so many ports from one on.
func vacant(from, n int) bool {
	for port := from; port < from+n; port++ {
		l, err := net.Listen("tcp", loopback(port)) //nolint:noctx // loopback, at once
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

// up starts what does not run.
func (s *stand) up(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, filepath.Join(s.repository, "deploy/stack/up"))
	cmd.Env = append(os.Environ(), "STACK_DIR="+s.stack(), "SECURE=0", "BROKERS="+strconv.Itoa(s.replicas), "KAFKA_HEAP=384m", "ES_HEAP=600m", "READY_SECONDS=400",
		"KAFKA_PORT="+strconv.Itoa(s.base+firstBroker), "KAFKA_ADVERTISED_PORT="+strconv.Itoa(s.base), "KAFKA_SESSION_MS=4000")
	if s.elastic == "" {
		cmd.Env = append(cmd.Env, "ES_PORT=free")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for us
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("start the servers: %w\n%s", err, text)
	}
	return nil
}

// scaleText are the scales that are shipped, which the replay judges by.
func (s *stand) scaleText() ([]byte, error) {
	return os.ReadFile(filepath.Join(s.repository, "classify/default.yml"))
}

func (s *stand) scaleFile() string { return filepath.Join(s.scratch, "scales", "scales.yml") }

func (s *stand) stack() string  { return filepath.Join(s.scratch, "stack") }
func (s *stand) points() string { return filepath.Join(s.scratch, "points") }

// told is what the stack keeps in a file.
func (s *stand) told(file string) string {
	text, err := os.ReadFile(filepath.Join(s.stack(), file))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// pid is the process of a server of ours.
func (s *stand) pid(server string) (int, error) { return strconv.Atoi(s.told(server + ".pid")) }

func (s *stand) client() *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(s.brokers...), Timeout: 5 * time.Second}
}

// environment is that of the daemons: no setting but ours.
func (s *stand) environment() []string {
	env := []string{"TOCSIN_TEST_FAILPOINTS=" + s.points()}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "TOCSIN_") {
			env = append(env, pair)
		}
	}
	return env
}

// ruleFolders are those of the run, and of who asks for it.
func (s *stand) ruleFolders() string {
	text := strconv.Quote(filepath.Join(s.scratch, "rules"))
	if s.rules != "" {
		text += ", " + strconv.Quote(s.rules)
	}
	return text
}

// configure writes the configuration of one daemon.
func (s *stand) configure(daemon string) (file string, err error) {
	data := filepath.Join(s.scratch, daemon)
	if err := os.MkdirAll(data, 0o700); err != nil {
		return "", err
	}
	file = filepath.Join(data, "tocsin.yaml")
	text := fmt.Sprintf(`mode: kafka
data_dir: %s
log: {level: warn}
http: {listen: "127.0.0.1:0"}
intake: {idle_after: 5s}
engine: {snapshot_every: 3s}
rules: {folders: [%s]}
scales: %q
kafka: {brokers: ["%s"], group: %s, prefix: %s., partitions: %d, replication: %d, session: %s}
elasticsearch: {urls: [%q], prefix: %s-, replicas: 0}
sources:
- {name: chaos, kind: kafka, topics: [%s], recorded: true, idle_after: %s}
`, data, s.ruleFolders(), s.scaleFile(), strings.Join(s.brokers, `","`), s.name, s.name, shards, s.replicas, s.session, s.proxy.url, s.name, s.topic(), s.idle)
	return file, os.WriteFile(file, []byte(text), 0o600)
}

// close ends what was started and removes what was made.
func (s *stand) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var errs []error
	if s.proxy != nil {
		s.proxy.close()
	}
	if s.started {
		cmd := exec.CommandContext(ctx, filepath.Join(s.repository, "deploy/stack/down"), "--wipe")
		cmd.Env = append(os.Environ(), "STACK_DIR="+s.stack())
		if text, err := cmd.CombinedOutput(); err != nil {
			errs = append(errs, fmt.Errorf("end the servers: %w\n%s", err, text))
		}
	} else {
		errs = append(errs, given.Wipe(ctx, s.client(), s.elastic, s.name, s.topic()))
	}
	for _, k := range s.links {
		k.close()
	}
	return errors.Join(errs...)
}
