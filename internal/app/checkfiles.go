package app

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"tocsin/ingest/enrich"
	"tocsin/internal/auth"
	"tocsin/internal/config"
	"tocsin/internal/dossier"
	"tocsin/register"
	"tocsin/register/notify"
)

// CheckFiles reads every file that a configuration names, as the daemon will at its start, and tells all that is wrong
// with all of them: scales, assets, regulatory clocks, routes, rules, mappings, lists, certificates and keys, tokens and
// templates of reports.
func CheckFiles(cfg config.Config) error {
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	scales, _, err := LoadScales(cfg.Scales, cfg.Assets)
	note(err)
	if err != nil { // what rests on the scales is held against the shipped ones, so that its own faults are told too
		if scales, _, err = LoadScales("", ""); err != nil {
			return errors.Join(append(errs, err)...)
		}
	} else {
		_, err = loadClocks(cfg.Clocks, scales)
		note(err)
	}
	if cfg.Notify != "" {
		words := routeWords(scales)
		if errs[0] != nil { // or a word of theirs would be taken for a fault
			words = notify.Words{}
		}
		note(checkNotify(cfg.Notify, words))
	}
	if cfg.Scales == "" || errs[0] == nil { // or a category of theirs would be taken for a fault
		_, err = LoadRules(cfg.Rules.Folders, cfg.Rules.Shipped, scales, cfg.Rules.Sigma.Pipelines...)
		note(err)
	}
	_, err = loadMappings(cfg.Mappings)
	note(err)
	_, err = enrich.Read(enrichSpec(cfg.Enrich))
	note(err)
	note(checkTLS(cfg))
	note(checkTokens(cfg.HTTP.TokensFile))
	_, err = dossier.New(cfg.Reports.Template)
	note(err)
	return errors.Join(errs...)
}

// checkTokens reads the file of tokens.
func checkTokens(name string) error {
	if name == "" {
		return nil
	}
	src, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("http.tokens_file: %w", err)
	}
	return (&auth.Tokens{}).Reload(name, src, register.Roles())
}

// checkTLS reads certificates, keys and authorities.
func checkTLS(cfg config.Config) error {
	var errs []error
	for _, pair := range []struct{ key, cert, private string }{
		{"http.cert_file and http.key_file", cfg.HTTP.CertFile, cfg.HTTP.KeyFile},
		{"kafka.cert_file and kafka.key_file", cfg.Kafka.CertFile, cfg.Kafka.KeyFile},
	} {
		if pair.cert == "" {
			continue
		}
		if _, err := tls.LoadX509KeyPair(pair.cert, pair.private); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", pair.key, err))
		}
	}
	for _, ca := range []struct{ key, name string }{
		{"http.client_ca_file", cfg.HTTP.ClientCAFile}, {"kafka.ca_file", cfg.Kafka.CAFile}, {"elasticsearch.ca_file", cfg.Elasticsearch.CAFile},
	} {
		if ca.name == "" {
			continue
		}
		pem, err := os.ReadFile(ca.name)
		if err == nil && !x509.NewCertPool().AppendCertsFromPEM(pem) {
			err = fmt.Errorf("%s %w: name a PEM file", ca.name, errNoCertificates)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", ca.key, err))
		}
	}
	return errors.Join(errs...)
}
