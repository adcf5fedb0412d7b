package app_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/scram"

	"tocsin/internal/config"
)

// secureStand is a stand on servers with TLS and passwords; the daemon is the least-privileged user.
func secureStand(t *testing.T) *stand {
	t.Helper()
	ca, esCA := os.Getenv("TOCSIN_TEST_KAFKA_CA"), os.Getenv("TOCSIN_TEST_ES_CA")
	if ca == "" {
		t.Skip("TOCSIN_TEST_KAFKA_CA is not set: SECURE=1 deploy/stack/up starts a Kafka with TLS and passwords and prints it")
	}
	if esCA == "" {
		t.Skip("TOCSIN_TEST_ES_CA is not set: SECURE=1 deploy/stack/up starts an Elasticsearch with TLS and passwords and prints it")
	}
	return makeStand(t, os.Getenv("TOCSIN_TEST_KAFKA"), os.Getenv("TOCSIN_TEST_ES"), func(s *stand) {
		k, e := &s.cfg.Kafka, &s.cfg.Elasticsearch
		k.TLS, k.CAFile, k.SASL, k.User = true, ca, "scram-sha-512", os.Getenv("TOCSIN_TEST_KAFKA_USER")
		k.PasswordFile = os.Getenv("TOCSIN_TEST_KAFKA_PASSWORD_FILE")
		k.Password = secret(t, k.PasswordFile)
		e.CAFile, e.User, e.PasswordFile = esCA, os.Getenv("TOCSIN_TEST_ES_USER"), os.Getenv("TOCSIN_TEST_ES_PASSWORD_FILE")
		e.Password = secret(t, e.PasswordFile)
		s.admin = *e
		s.admin.User, s.admin.Password = os.Getenv("TOCSIN_TEST_ES_ADMIN_USER"), secret(t, os.Getenv("TOCSIN_TEST_ES_ADMIN_PASSWORD_FILE"))
		s.http = &http.Client{Transport: &http.Transport{TLSClientConfig: trusting(t, esCA)}}
		login, err := scram.Mechanism(scram.SHA512, k.User, k.Password.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		s.wire = &kafka.Transport{TLS: trusting(t, ca), SASL: login}
	})
}

func secret(t *testing.T, file string) config.Secret {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return config.Secret(strings.TrimSpace(string(text)))
}

func trusting(t *testing.T, file string) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("%s holds no certificate", file)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// The whole path over TLS, with passwords and no right too many, by the real binary.
func TestSecureAsReplayed(t *testing.T) {
	records := scenario()
	s := secureStand(t)
	events, incidents := expected(t, records)
	s.produce(records)
	cmd := s.start(build(t))
	s.await(len(records), events, incidents, 4*time.Minute)
	interrupt(t, cmd)
}
