package decode

import "strings"

// programSorts are what sort of event a well-known program's lines are about, where they say nothing surer: a category,
// then names that programs begin with.
const programSorts = `
	email     postfix sendmail exim opendkim opendmarc amavis rspamd policyd MailScanner dovecot cyrus milter-greylist spamd spamassassin policyd postgrey
	network   dhcpd dhclient dhcp6c dhcp6s dpinger miniupnpd dnsmasq named unbound pdns openvpn charon ipsec pluto strongswan pppd xl2tpd hostapd wpa_supplicant radvd snmpd pf filterlog bird zebra bgpd ospfd keepalived stunnel l2ald l2cpd rpd mib2d eswd dcd jdhcpd bfdd lacpd ppmd xntpd ntpd chronyd lldpd
	web       nginx httpd apache apache2 lighttpd varnishd squid
	database  mysqld mariadbd postgres mongod redis-server
	malware   clamd clamav freshclam
	authentication sshd radiusd freeradius slapd login gdm sssd krb5kdc tac_plus
	session   systemd-logind
	configuration mgd confd
	process   cron crond CROND anacron atd
	package   yum dnf apt dpkg rpm`

// A programsByName is the category of each program's lines. It keeps the last answer: a source has few programs.
type programsByName struct {
	sorts    map[string]string
	app, was string
}

func newPrograms() *programsByName {
	sorts := map[string]string{}
	for line := range strings.Lines(programSorts) {
		words := strings.Fields(line)
		for _, program := range words[min(len(words), 1):] {
			sorts[strings.ToLower(program)] = words[0]
		}
	}
	return &programsByName{sorts: sorts}
}

// of is the category of what the program of that name says: "postfix/smtpd" and "openvpn-server" are known by their
// beginning.
func (p *programsByName) of(app string) string {
	if app == "" || len(app) > 64 {
		return ""
	}
	if app != p.app {
		p.app = strings.Clone(app)
		if p.was = p.find(app); p.was == "" {
			_, base := splitPath(app)
			p.was = p.find(base)
		}
	}
	return p.was
}

func (p *programsByName) find(app string) string {
	app = strings.ToLower(app)
	if sort, ok := p.sorts[app]; ok {
		return sort
	}
	head := app
	if end := strings.IndexAny(app, "/-.@("); end > 0 {
		head = app[:end]
	}
	return p.sorts[head]
}

// mailQueue reports whether a line begins as mail servers do, with a queue's id: "3F2A61C0B7: to=<…>".
func mailQueue(m string) bool {
	const shortest, longest = 6, 20
	id, rest, ok := strings.Cut(m[:min(len(m), 64)], ": ")
	if !ok || len(id) < shortest || len(id) > longest {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && !isLetter(c) {
			return false
		}
	}
	if len(id) >= shortest+2 && strings.Trim(id, "0123456789ABCDEF") == "" && strings.ContainsAny(id, "ABCDEF") && strings.ContainsAny(id, "0123456789") {
		return true
	}
	for _, begin := range [...]string{"to=<", "from=<", "message-id=", "client=", "uid=", "removed", "warning: header", "reject: ", "orig_to=<", "sender non-delivery", "milter-", "host ", "replace: ", "enabling PIX ", "filter: ", "hold: ", "redirect: ", "discard: ", "conversation with ", "lost connection with ", "Cannot start TLS", "prepend: ", "info: header", "warning: ", "SASL ", "sasl_"} {
		if strings.HasPrefix(rest, begin) {
			return true
		}
	}
	return false
}
