package notify

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/fault"
)

// Kinds are those of receivers.
func kinds() []string { return []string{"webhook", "slack", "teams", "smtp", "kafka"} }

// Words are what the scales in force call things. Nil: not known, so that any word is taken.
type Words struct {
	Priorities []string // the highest first
	Categories []string // class/type, and local names
}

// classes are the words that a route may name categories by: a class and all that is in it, or one of them.
func (w Words) classes() []string {
	if w.Categories == nil {
		return nil
	}
	all := slices.Clone(w.Categories)
	for _, c := range w.Categories {
		if class, _, ok := strings.Cut(c, "/"); ok && !slices.Contains(all, class) {
			all = append(all, class)
		}
	}
	return all
}

// Load reads and checks a file of routes; env looks up the environment, from which secrets may come. The error is a
// [fault.List] with every fault of the file. No fault shows a secret.
func Load(name string, data []byte, env func(string) string, words Words) (*Config, error) {
	l := &loader{reader: reader{file: name, src: data}, env: env, known: words, c: &Config{}}
	if root := l.root(); root != nil {
		var routes, windows *yaml.Node
		l.keys(root, "the file", map[string]func(*yaml.Node){
			"receivers": func(n *yaml.Node) { l.named(n, "receivers", l.receiver) },
			"routes":    func(n *yaml.Node) { routes = n },
			"quiet":     func(n *yaml.Node) { windows = n },
			"page":      func(n *yaml.Node) { l.c.Page = l.page(n) },
			"templates": l.templates,
			"keep":      func(n *yaml.Node) { l.c.Keep = l.duration(n, "keep", leastKeep) },
		}, "receivers", "routes")
		l.routes(routes)
		l.windows(windows)
	}
	slices.SortFunc(l.c.Receivers, func(a, b ReceiverConfig) int { return cmp.Compare(a.Name, b.Name) })
	for i := range l.faults {
		for _, secret := range l.conceal {
			l.faults[i].Excerpt = strings.ReplaceAll(l.faults[i].Excerpt, secret, "***")
		}
	}
	if err := l.faults.Err(); err != nil {
		return nil, err
	}
	return l.c, nil
}

type loader struct {
	reader
	env   func(string) string
	known Words
	c     *Config
	names []string // of routes

	conceal []string // texts that no excerpt may show
}

// A receiverReader reads one receiver.
type receiverReader struct {
	*loader
	r     *ReceiverConfig
	where map[string]*yaml.Node
}

func (l *loader) receiver(key, value *yaml.Node) {
	r := ReceiverConfig{Name: l.name(key, "receiver")}
	x := &receiverReader{loader: l, r: &r, where: map[string]*yaml.Node{}}
	what := "receiver " + r.Name
	l.keys(value, what, x.members(what), "kind")
	x.check(value, what)
	l.c.Receivers = append(l.c.Receivers, r)
}

func (x *receiverReader) members(what string) map[string]func(*yaml.Node) {
	text := func(into *string, key string) func(*yaml.Node) {
		return func(n *yaml.Node) { x.where[key] = n; *into = x.text(n, what+" "+key) }
	}
	known := map[string]func(*yaml.Node){
		"kind": func(n *yaml.Node) { x.r.Kind = x.oneOf(n, what+" kind", kinds()) },
		"url": func(n *yaml.Node) {
			x.where["url"] = n
			if x.r.URL = x.text(n, what+" url"); x.r.URL != "" {
				x.conceal = append(x.conceal, x.r.URL)
			}
		},
		"server": text(&x.r.Server, "server"), "from": text(&x.r.From, "from"), "user": text(&x.r.User, "user"),
		"topic":   text(&x.r.Topic, "topic"),
		"ca_file": func(n *yaml.Node) { x.where["ca_file"] = n; x.r.CAFile = x.text(n, what+" ca_file"); x.caFile(n, what) },
		"tls": func(n *yaml.Node) {
			x.where["tls"] = n
			x.r.TLS = x.oneOf(n, what+" tls", []string{"starttls", "tls", "none"})
		},
		"to":              func(n *yaml.Node) { x.where["to"] = n; x.r.To = x.words(n, what+" to", nil) },
		"allow":           func(n *yaml.Node) { x.where["allow"] = n; x.r.Allow = x.words(n, what+" allow", nil) },
		"insecure_i_know": func(n *yaml.Node) { x.r.Insecure = x.flag(n, what+" insecure_i_know") },
		"secret":          x.refuseSecret(what, "secret"), "password": x.refuseSecret(what, "password"),
	}
	for key, into := range map[string]*string{"url": &x.r.URL, "secret": &x.r.Secret, "password": &x.r.Password} {
		known[key+"_file"] = func(n *yaml.Node) { x.where[key] = n; *into = x.secretFile(n, what+" "+key+"_file") }
		known[key+"_env"] = func(n *yaml.Node) {
			x.where[key] = n
			if *into = x.env(x.text(n, what+" "+key+"_env")); *into == "" {
				x.add(n, "export it where the daemon runs", "%s %s_env: the variable %s is not set", what, key, n.Value)
			}
		}
	}
	return known
}

// refuseSecret says where a secret belongs, without an excerpt, which would show it.
func (x *receiverReader) refuseSecret(what, key string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Value != "" {
			x.conceal = append(x.conceal, n.Value)
		}
		x.faults = append(x.faults, fault.Fault{
			File: x.file, Line: n.Line, Column: n.Column, Message: what + ": " + key + " stands in the file; secrets come from the environment or from a file of their own",
			Remedy: "write " + key + "_file or " + key + "_env",
		})
	}
}

func (x *receiverReader) secretFile(n *yaml.Node, what string) string {
	name := x.text(n, what)
	if name == "" {
		return ""
	}
	data, err := os.ReadFile(name)
	if err != nil {
		x.add(n, "name one that exists and can be read", "%s: %v", what, err)
	}
	return strings.TrimSpace(string(data))
}

func (x *receiverReader) caFile(n *yaml.Node, what string) {
	pem, err := os.ReadFile(x.r.CAFile)
	if err != nil {
		x.add(n, "name one that exists and can be read", "%s ca_file: %v", what, err)
	} else if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		x.add(n, "name a PEM file", "%s ca_file holds no certificate", what)
	}
}

// check reports what a receiver's kind lacks, and what it has that its kind does not use.
func (x *receiverReader) check(n *yaml.Node, what string) {
	uses := map[string][]string{
		"webhook": {"url", "secret", "allow", "ca_file"}, "slack": {"url", "allow", "ca_file"}, "teams": {"url", "allow", "ca_file"},
		"smtp": {"server", "tls", "from", "to", "user", "password", "allow", "ca_file"}, "kafka": {"topic"},
	}[x.r.Kind]
	for key, at := range x.where {
		if uses != nil && !slices.Contains(uses, key) {
			x.add(at, "it has "+strings.Join(uses, ", "), "%s: a receiver of kind %s has no %s", what, x.r.Kind, key)
		}
	}
	for _, text := range x.r.Allow {
		if _, err := network(text); err != nil {
			x.add(x.where["allow"], "write 10.1.2.3 or 10.0.0.0/8", "%s allow: %q is no address or network", what, text)
		}
	}
	switch x.r.Kind {
	case "webhook", "slack", "teams":
		x.checkURL(n, what)
	case "smtp":
		x.checkMail(n, what)
	case "kafka":
		x.r.Topic = cmp.Or(x.r.Topic, "tocsin.incidents")
	}
}

func (x *receiverReader) checkURL(n *yaml.Node, what string) {
	at := x.where["url"]
	if at == nil {
		x.add(n, "add url:, url_file: or url_env:", "%s: the address is missing", what)
		return
	}
	if x.r.URL == "" {
		return
	}
	u, err := url.Parse(x.r.URL)
	say := func(message, remedy string) { // without an excerpt: an address is often a secret
		x.faults = append(x.faults, fault.Fault{File: x.file, Line: at.Line, Column: at.Column, Message: what + ": " + message, Remedy: remedy})
	}
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		say("its address is no http or https address", "write https://chat.example/hook")
	case u.User != nil:
		say("its address holds a user or a password", "put the whole address into url_file, or use a token in its path")
	case u.Scheme == "http" && !onLoopback(u.Hostname()) && !x.r.Insecure:
		say("its address is not loopback and would be spoken to in plain text", "use https, or insecure_i_know: true")
	}
}

func (x *receiverReader) checkMail(n *yaml.Node, what string) {
	x.r.TLS = cmp.Or(x.r.TLS, "starttls")
	host, _, err := net.SplitHostPort(x.r.Server)
	switch {
	case x.where["server"] == nil:
		x.add(n, "add server: mail.example:587", "%s: the server is missing", what)
	case err != nil:
		x.add(x.where["server"], "write mail.example:587", "%s: %q is no host:port", what, x.r.Server)
	case x.r.TLS == "none" && !onLoopback(host) && !x.r.Insecure:
		x.add(x.where["server"], "use tls: starttls, or insecure_i_know: true", "%s: %q is not loopback and would be spoken to in plain text", what, x.r.Server)
	}
	if len(x.r.To) == 0 {
		x.add(n, "add to: [soc@example.org]", "%s: nobody to write to", what)
	}
	for key, all := range map[string][]string{"from": {x.r.From}, "to": x.r.To} {
		for _, text := range all {
			if _, err := mail.ParseAddress(text); err != nil {
				x.add(cmp.Or(x.where[key], n), "write soc@example.org", "%s %s: %q is no address", what, key, text)
			}
		}
	}
}

func (l *loader) page(n *yaml.Node) string {
	text := l.text(n, "page")
	if u, err := url.Parse(text); text != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		l.add(n, "write https://tocsin.example", "page is no http or https address")
	}
	return strings.TrimSuffix(text, "/")
}

func (l *loader) templates(n *yaml.Node) {
	read := func(into *string, what string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			*into = l.text(n, what)
			if _, err := parse(what, *into); err != nil {
				l.add(n, "{{.Incident.Title}}, {{.Entry.Text}}, …: docs/notifications.md lists them", "%s: %v", what, err)
			}
		}
	}
	l.keys(n, "templates", map[string]func(*yaml.Node){"title": read(&l.c.Title, "title"), "text": read(&l.c.Text, "text")})
}

func (l *loader) receiverNames() []string {
	var names []string
	for _, r := range l.c.Receivers {
		names = append(names, r.Name)
	}
	return names
}

func (l *loader) routes(n *yaml.Node) {
	if n == nil {
		return
	}
	for _, item := range l.list(n, "routes") {
		var r Route
		words := func(into *[]string, key string, valid []string) func(*yaml.Node) {
			return func(n *yaml.Node) { *into = l.words(n, "route "+key, valid) }
		}
		l.keys(item, "route", map[string]func(*yaml.Node){
			"name": func(n *yaml.Node) {
				if r.Name = l.name(n, "route"); slices.Contains(l.names, r.Name) {
					l.add(n, "give each its own", "route %q is there twice", r.Name)
				}
				l.names = append(l.names, r.Name)
			},
			"to":      words(&r.To, "to", l.receiverNames()),
			"actions": words(&r.Actions, "actions", actions()), "priority": words(&r.Priorities, "priority", l.known.Priorities),
			"category": words(&r.Categories, "category", l.known.classes()), "platform": words(&r.Platforms, "platform", nil), "team": words(&r.Teams, "team", nil),
			"tenant": words(&r.Tenants, "tenant", nil), "tell": words(&r.Tell, "tell", nil),
			"restricted": func(n *yaml.Node) { r.Restricted = l.flag(n, "route restricted") },
			"repeat":     func(n *yaml.Node) { r.Repeat = l.duration(n, "route repeat", time.Minute) },
			"dedup":      func(n *yaml.Node) { r.Dedup = l.duration(n, "route dedup", time.Second) },
		}, "name", "to")
		if len(r.Actions) == 0 {
			r.Actions = defaultActions()
			if len(r.Tell) > 0 {
				r.Actions = []string{"escalate"}
			}
		}
		l.c.Routes = append(l.c.Routes, r)
	}
}

func (l *loader) windows(n *yaml.Node) {
	if n == nil {
		return
	}
	for _, item := range l.list(n, "quiet") {
		w := Window{Zone: time.UTC}
		var hours *yaml.Node
		l.keys(item, "quiet window", map[string]func(*yaml.Node){
			"name": func(n *yaml.Node) { w.Name = l.name(n, "quiet window") },
			"from": func(n *yaml.Node) { w.From = l.moment(n, "from") }, "to": func(n *yaml.Node) { w.To = l.moment(n, "to") },
			"hours": func(n *yaml.Node) {
				hours = n
				var err error
				if w.Begin, w.End, err = dayHours(l.text(n, "hours")); err != nil {
					l.add(n, "write 22:00-06:00", "hours: %v", err)
				}
			},
			"days": func(n *yaml.Node) { w.Days = l.words(n, "days", weekdays()) },
			"zone": func(n *yaml.Node) {
				zone, err := time.LoadLocation(l.text(n, "zone"))
				if err != nil {
					l.add(n, "write one such as Europe/Vienna", "no time zone is called %q", n.Value)
					return
				}
				w.Zone = zone
			},
			"routes": func(n *yaml.Node) { w.Routes = l.words(n, "routes", l.names) },
			"except": func(n *yaml.Node) { w.Except = l.words(n, "except", l.known.Priorities) },
			"then":   func(n *yaml.Node) { w.Then = l.oneOf(n, "then", []string{"send", "summary"}) },
		}, "name")
		w.Then = cmp.Or(w.Then, "send")
		once := !w.From.IsZero() || !w.To.IsZero()
		switch {
		case once == (hours != nil):
			l.add(item, "write from: and to:, or hours: with days: and zone:", "quiet window %s: once, or each day?", w.Name)
		case once && !w.To.After(w.From):
			l.add(item, "end after the beginning", "quiet window %s ends before it begins", w.Name)
		}
		l.c.Windows = append(l.c.Windows, w)
	}
}

// network reads an address or a network.
func network(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		p, err := netip.ParsePrefix(text)
		return p.Masked(), err
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("address: %w", err)
	}
	return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
}

func onLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
