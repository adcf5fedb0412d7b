package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

// A Plan says what the internal topics are to be like. Zero fields take the defaults.
type Plan struct {
	Prefix           string        // default "tocsin."
	Partitions       int           // of the matches topic, fixed for life; default 32
	IntakePartitions int           // of the intake topic, which may be given more later; default 8
	Replication      int           // default 1; 3 where there are three brokers
	Retention        time.Duration // of all of them; at least and by default 3 days
	// Commands is the topic of commands; where it is given, it and that of incidents are made, and may have been made otherwise.
	Commands string
}

const leastRetention = 72 * time.Hour

func (p Plan) withDefaults() Plan {
	p.Prefix = cmp.Or(p.Prefix, DefaultPrefix)
	p.Partitions = cmp.Or(p.Partitions, defaultPartitions)
	p.IntakePartitions = cmp.Or(p.IntakePartitions, 8)
	p.Replication = cmp.Or(p.Replication, 1)
	p.Retention = cmp.Or(p.Retention, leastRetention)
	return p
}

// A TopicPlan is what one topic is to be like.
type TopicPlan struct {
	Name        string
	Partitions  int
	Replication int
	Fixed       bool   // another number of partitions is refused: keys would move, windows would split
	Setting     string // which says their number; empty: none
	Config      map[string]string
}

// Topics are the topics of the plan.
func (p Plan) Topics() []TopicPlan {
	p = p.withDefaults()
	config := map[string]string{
		"cleanup.policy":    "delete",
		"retention.ms":      strconv.FormatInt(p.Retention.Milliseconds(), 10),
		"max.message.bytes": strconv.Itoa(2 * RecordLimit),
	}
	all := []TopicPlan{
		{Name: p.Prefix + intakeTopic, Partitions: p.IntakePartitions, Replication: p.Replication, Config: config},
		{Name: p.Prefix + matchesTopic, Partitions: p.Partitions, Replication: p.Replication, Fixed: true, Config: config, Setting: "kafka.partitions"},
		{Name: p.Prefix + eventsTopic, Partitions: 1, Replication: p.Replication, Fixed: true, Config: config},
	}
	if p.Commands != "" {
		for _, name := range []string{p.Commands, p.Prefix + incidentsTopic} {
			all = append(all, TopicPlan{Name: name, Partitions: 4, Replication: p.Replication, Config: config})
		}
	}
	return all
}

// A Step is what setting up one topic takes, or took.
type Step struct {
	Topic  string `json:"topic"`
	Action string `json:"action"` // create, or keep
	Detail string `json:"detail"`
}

// ErrMisfit marks a topic that is there and is not as the plan says. It is not changed.
var ErrMisfit = errors.New("is not as it must be")

// Setup creates the topics of the plan that are not there, unless dry, and tells what it does for each. All topics
// that are there and do not fit are reported at once, each error wrapping [ErrMisfit]; then nothing is created.
func Setup(ctx context.Context, c Connection, plan Plan, dry bool) ([]Step, error) {
	if r := plan.withDefaults().Retention; r < leastRetention {
		return nil, fmt.Errorf("retention of %v is less than %v: an outage that outlasts it loses what was not read", r, leastRetention)
	}
	transport, err := c.transport()
	if err != nil {
		return nil, err
	}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(c.Brokers...), Transport: transport, Timeout: requestTimeout}
	topics := plan.Topics()
	found, err := describe(ctx, client, topics)
	if err != nil {
		return nil, err
	}
	var steps []Step
	var missing []kafka.TopicConfig
	var misfits []error
	for _, t := range topics {
		if is, ok := found[t.Name]; ok {
			steps = append(steps, Step{Topic: t.Name, Action: "keep", Detail: fmt.Sprintf("%d partitions", is.partitions)})
			misfits = append(misfits, t.misfit(is))
			continue
		}
		steps = append(steps, Step{Topic: t.Name, Action: "create", Detail: t.String()})
		missing = append(missing, t.request())
	}
	if err := errors.Join(misfits...); err != nil || dry || len(missing) == 0 {
		return steps, err
	}
	res, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: missing})
	if err != nil {
		return steps, fmt.Errorf("create topics: %w", err)
	}
	for topic, err := range res.Errors {
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) { // somebody else was quicker
			misfits = append(misfits, fmt.Errorf("create topic %q: %w", topic, err))
		}
	}
	return steps, errors.Join(misfits...)
}

// Check refuses, with an error that wraps [ErrMisfit], to run on topics that are not as the plan says, or are not
// there: above all on a matches topic of another number of partitions than the manifest has.
func Check(ctx context.Context, c Connection, plan Plan) error {
	steps, err := Setup(ctx, c, plan, true)
	errs := []error{err}
	for _, s := range steps {
		if s.Action == "create" {
			errs = append(errs, fmt.Errorf("topic %q: %w: it is not there; run `tocsin setup kafka`", s.Topic, ErrMisfit))
		}
	}
	return errors.Join(errs...)
}

// String says what the topic is created with.
func (t TopicPlan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d partitions, replication %d", t.Partitions, t.Replication)
	for _, key := range []string{"cleanup.policy", "retention.ms", "max.message.bytes"} {
		fmt.Fprintf(&b, ", %s=%s", key, t.Config[key])
	}
	return b.String()
}

func (t TopicPlan) request() kafka.TopicConfig {
	out := kafka.TopicConfig{Topic: t.Name, NumPartitions: t.Partitions, ReplicationFactor: t.Replication}
	for key, value := range t.Config {
		out.ConfigEntries = append(out.ConfigEntries, kafka.ConfigEntry{ConfigName: key, ConfigValue: value})
	}
	return out
}

// A state is what an existing topic is like; its config is empty where we may not read it.
type state struct {
	partitions int
	config     map[string]string
}

func (t TopicPlan) misfit(is state) error {
	var errs []error
	say := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("topic %q: %w: %s", t.Name, ErrMisfit, fmt.Sprintf(format, args...)))
	}
	if t.Fixed && is.partitions != t.Partitions {
		say("it has %d partitions and must have %d; their number cannot be changed, as keys would move: %s", is.partitions, t.Partitions, t.remedy(is.partitions))
	}
	if policy := is.config["cleanup.policy"]; strings.Contains(policy, "compact") {
		say("cleanup.policy is %s and must be delete", policy)
	}
	if ms, err := strconv.ParseInt(is.config["retention.ms"], 10, 64); err == nil && ms >= 0 && ms < leastRetention.Milliseconds() {
		say("retention.ms is %d and must be at least %d", ms, leastRetention.Milliseconds())
	}
	if n, err := strconv.Atoi(is.config["max.message.bytes"]); err == nil && n < 2*RecordLimit {
		say("max.message.bytes is %d and must be at least %d", n, 2*RecordLimit)
	}
	return errors.Join(errs...)
}

// remedy is what to do about a topic of another number of partitions: partitions cannot be taken away again.
func (t TopicPlan) remedy(are int) string {
	const anew = "stop the daemons, delete the topic and run `tocsin setup kafka`, by which what was not read of it is lost and told as a gap"
	if t.Setting == "" {
		return anew
	}
	return fmt.Sprintf("where it was made with %d, set %s to %d; where it was given them later, %s", are, t.Setting, are, anew)
}

// describe tells what the topics that are there are like.
func describe(ctx context.Context, client *kafka.Client, topics []TopicPlan) (map[string]state, error) {
	var names []string
	for _, t := range topics {
		names = append(names, t.Name)
	}
	meta, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: names})
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	found := map[string]state{}
	req := &kafka.DescribeConfigsRequest{}
	for _, t := range meta.Topics {
		switch {
		case errors.Is(t.Error, kafka.UnknownTopicOrPartition):
			continue
		case t.Error != nil:
			return nil, fmt.Errorf("topic %q: %w", t.Name, t.Error)
		}
		found[t.Name] = state{partitions: len(t.Partitions), config: map[string]string{}}
		req.Resources = append(req.Resources, kafka.DescribeConfigRequestResource{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: t.Name,
		})
	}
	if len(req.Resources) == 0 {
		return found, nil
	}
	res, err := client.DescribeConfigs(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("describe configs: %w", err)
	}
	for _, r := range res.Resources {
		for _, e := range r.ConfigEntries {
			found[r.ResourceName].config[e.ConfigName] = e.ConfigValue
		}
	}
	return found, nil
}
