package kafka

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"tocsin"
)

// With TLS and SCRAM the topics are set up and written.
func TestSecure(t *testing.T) {
	ca := os.Getenv("TOCSIN_TEST_KAFKA_CA")
	if ca == "" {
		t.Skip("TOCSIN_TEST_KAFKA_CA is not set: SECURE=1 deploy/stack/up starts a Kafka with TLS and passwords and prints it")
	}
	password, err := os.ReadFile(os.Getenv("TOCSIN_TEST_KAFKA_PASSWORD_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	c := Connection{
		Brokers: strings.Split(os.Getenv("TOCSIN_TEST_KAFKA"), ","), CAFile: ca, Mechanism: "scram-sha-512",
		User: os.Getenv("TOCSIN_TEST_KAFKA_USER"), Password: strings.TrimSpace(string(password)),
	}
	prefix := fmt.Sprintf("p%d-%d.", os.Getpid(), time.Now().UnixNano())
	if _, err := Setup(t.Context(), c, Plan{Prefix: prefix, Partitions: 2}, false); err != nil {
		t.Fatal(err)
	}
	p := producer(t, Config{Connection: c, Prefix: prefix, Partitions: 2})
	if err := p.WriteEvents(t.Context(), records(tocsin.Event{ID: "e"})); err != nil {
		t.Error(err)
	}
	c.Password = "wrong"
	if _, err := Setup(t.Context(), c, Plan{Prefix: prefix}, true); err == nil {
		t.Error("a wrong password was accepted")
	}
}

func TestConnection(t *testing.T) {
	for name, test := range map[string]struct {
		c    Connection
		want string // "" for valid
	}{
		"none":        {Connection{}, "brokers: there is none"},
		"local":       {Connection{Brokers: []string{"localhost:9092"}}, ""},
		"plain text":  {Connection{Brokers: []string{"kafka.example:9092"}}, "tls is off"},
		"allowed":     {Connection{Brokers: []string{"kafka.example:9092"}, Insecure: true}, ""},
		"TLS":         {Connection{Brokers: []string{"kafka.example:9092"}, TLS: true}, ""},
		"no port":     {Connection{Brokers: []string{"localhost"}}, "host:port"},
		"a mechanism": {Connection{Brokers: []string{"localhost:9092"}, Mechanism: "x"}, "is none of"},
		"no CA":       {Connection{Brokers: []string{"localhost:9092"}, CAFile: "/nowhere"}, "ca_file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.c.transport()
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Error(err)
			}
		})
	}
}
