package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"tocsin/internal/fault"
)

// RoleNames are the words that a role may be, the least first.
func RoleNames() []string { return []string{"viewer", "analyst", "coordinator", "lead", "admin"} }

// RoleOf maps the groups of the identity provider to roles, as oidc.roles has them.
func (o OIDC) RoleOf() map[string]string {
	roles := map[string]string{}
	for _, text := range o.Roles {
		if at := strings.LastIndex(text, "="); at > 0 {
			roles[text[:at]] = text[at+1:]
		}
	}
	return roles
}

func (c *checker) validateOIDC(cfg *Config) {
	c.readable("http.client_ca_file", cfg.HTTP.ClientCAFile)
	if cfg.HTTP.ClientCAFile != "" && cfg.HTTP.CertFile == "" {
		c.at("http.client_ca_file", "certificates are read over TLS alone", "set http.cert_file and http.key_file")
	}
	for n, text := range cfg.HTTP.Teams {
		if team, person, ok := strings.Cut(text, "="); !ok || team == "" || person == "" {
			c.at(fmt.Sprintf("http.teams[%d]", n), fmt.Sprintf("%q names no team and person", text), "write windows=bert")
		}
	}
	for n, peer := range cfg.HTTP.Peers {
		c.address(fmt.Sprintf("http.peers[%d]", n), peer, "write https://tocsin-2.example:8080, as readers reach that daemon's page")
	}
	if cfg.HTTP.RateLimit < 0 {
		c.at("http.rate_limit", "is less than 0", "100 is the default, 0 is no limit")
	}
	o := cfg.OIDC
	if o.Issuer == "" {
		return
	}
	c.address("oidc.issuer", o.Issuer, "write https://idp.example/realms/soc, as the provider spells it")
	c.address("oidc.redirect_url", o.RedirectURL, "write https://tocsin.example/login/oidc/callback")
	if u, err := url.Parse(o.RedirectURL); err == nil && u.Path != "/login/oidc/callback" {
		c.at("oidc.redirect_url", fmt.Sprintf("%q does not lead to the sign-on", o.RedirectURL), "its path is /login/oidc/callback")
	}
	if o.ClientID == "" {
		c.at("oidc.client_id", "is empty", "register this daemon at the provider")
	}
	if len(o.Algorithms) == 0 {
		c.at("oidc.algorithms", "is empty: no ID token would be good", "[RS256, ES256] is the default")
	}
	if len(o.Roles) == 0 {
		c.at("oidc.roles", "is empty: nobody would have a role", "roles: [soc-analysts=analyst, soc-leads=lead]")
	}
	for i, text := range o.Roles {
		at := strings.LastIndex(text, "=")
		path := fmt.Sprintf("oidc.roles[%d]", i)
		switch {
		case at < 1:
			c.at(path, fmt.Sprintf("%q is no mapping", text), "write group=role")
		case !slices.Contains(RoleNames(), text[at+1:]):
			c.at(path, fmt.Sprintf("%q is no role", text[at+1:]), fault.DidYouMean(text[at+1:], RoleNames()))
		}
	}
}

// address asks for an https address, or an http one on loopback.
func (c *checker) address(path, text, remedy string) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !Loopback(u.Hostname())) {
		c.at(path, fmt.Sprintf("%q is no https address", text), remedy)
	}
}
