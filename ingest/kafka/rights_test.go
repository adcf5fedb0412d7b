package kafka

import (
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// Rights that are missing are named, all of them at once; who has all that is needed, or is where nothing is denied, is
// not refused.
func TestCheckRights(t *testing.T) {
	const user, password = "daemon", "secret"
	grant := func(kind kmsg.ACLResourceType, name string, op kmsg.ACLOperation) kfake.ACL {
		return kfake.ACL{Resource: kind, Name: name, Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: op, Allow: true}
	}
	topic, group := kmsg.ACLResourceTypeTopic, kmsg.ACLResourceTypeGroup
	read, write := kmsg.ACLOperationRead, kmsg.ACLOperationWrite
	needs := Needs{Read: []string{"in", "matches"}, Write: []string{"matches"}, Groups: []string{"g"}}
	for name, tt := range map[string]struct {
		grants []kfake.ACL
		lacks  string
	}{
		"all":      {[]kfake.ACL{grant(topic, "in", read), grant(topic, "matches", read), grant(topic, "matches", write), grant(group, "g", read)}, ""},
		"no write": {[]kfake.ACL{grant(topic, "in", read), grant(topic, "matches", read), grant(group, "g", read)}, "WRITE on topic matches"},
		"no input": {[]kfake.ACL{grant(topic, "matches", read), grant(topic, "matches", write), grant(group, "g", read)}, "READ on topic in"},
		"no group": {[]kfake.ACL{grant(topic, "in", read), grant(topic, "matches", read), grant(topic, "matches", write)}, "READ on group g"},
		"nothing":  {nil, "READ on topic in, READ on topic matches, WRITE on topic matches, READ on group g"},
	} {
		t.Run(name, func(t *testing.T) {
			fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "in", "matches"), kfake.EnableSASL(), kfake.EnableACLs(), kfake.User("PLAIN", user, password, tt.grants...))
			if err != nil {
				t.Fatal(err)
			}
			defer fake.Close()
			err = Check(t.Context(), Connection{Brokers: fake.ListenAddrs(), SASL: SASL{Mechanism: "plain", User: user, Password: password}}, needs)
			switch {
			case tt.lacks == "" && err != nil:
				t.Error(err)
			case tt.lacks != "" && (!errors.Is(err, ErrUnfit) || !strings.HasPrefix(err.Error(), `kafka user "daemon" lacks rights: `+tt.lacks+"; have them granted")):
				t.Errorf("want %s lacking: %v", tt.lacks, err)
			}
		})
	}
}

// A broker that is too old is refused by what it answers; one that does not tell the rights on topics is not.
func TestCheckVersion(t *testing.T) {
	for name, tt := range map[string]struct {
		is   *kversion.Versions
		want string
	}{
		"2.0": {kversion.V2_0_0(), "kafka is too old or too new: it answers fetches of version 4 to 8, and 10 is needed"},
		"2.1": {kversion.V2_1_0(), ""},
		"4.0": {kversion.V4_0_0(), ""},
	} {
		fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in"), kfake.MaxVersions(tt.is))
		if err != nil {
			t.Fatal(err)
		}
		err = Check(t.Context(), Connection{Brokers: fake.ListenAddrs()}, Needs{Read: []string{"in"}, Groups: []string{"g"}})
		if (err == nil) != (tt.want == "") || err != nil && (!errors.Is(err, ErrUnfit) || !strings.HasPrefix(err.Error(), tt.want)) {
			t.Errorf("%s: %v", name, err)
		}
		fake.Close()
	}
}
