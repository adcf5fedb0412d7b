package decode

import (
	"cmp"
	"strings"

	"tocsin"
)

// A logins reads the lines of sshd, sudo, su and PAM that say who came in, failed to, or became somebody else: what the
// rules for Linux hosts need and what has been worded alike for decades.
type logins struct {
	user, effective, ip, address, port, command *name
	category, types, action, outcome, directory *name
	group                                       *name
	to                                          [2]*name     // sshd's own address and port
	spoke                                       tocsin.Value // the category of who spoke to sshd and did not come in
}

func newLogins(d *dictionary) *logins {
	return &logins{
		user: d.name("user.name"), effective: d.name("user.effective.name"), ip: d.name("source.ip"), address: d.name("source.address"),
		port: d.name("source.port"), command: d.name("process.command_line"), directory: d.name("process.working_directory"),
		group: d.name("group.name"), spoke: listOf("authentication,network"),
		to:       [2]*name{d.name("destination.ip"), d.name("destination.port")},
		category: d.name("event.category"), types: d.name("event.type"), action: d.name("event.action"), outcome: d.name("event.outcome"),
	}
}

func (l *logins) apply(h header, o *output) {
	_, app := splitPath(h.app)
	switch {
	case strings.HasPrefix(app, "sshd"):
		l.sshd(h.message, o)
	case app == "sudo", app == "" && strings.Contains(h.message, " ; USER=") && strings.Contains(h.message, " ; COMMAND="):
		l.sudo(h.message, o)
	case app == "" && sshdLike(h.message): // its header went lost
		l.sshd(h.message, o)
	case strings.HasPrefix(h.message, "("):
		l.job(app, h.message, o)
	}
	if !o.has(l.ip) {
		if _, after, ok := strings.Cut(h.message, " rip="); ok { // dovecot and its like
			address, _, _ := strings.Cut(after, ",")
			o.address(l.ip, l.address, address)
		}
	}
	if !o.has(l.category) {
		l.accounts(app, h.message, o)
	}
	if !o.has(l.category) {
		l.plain(strings.TrimSpace(h.host+" "+h.message), o) // what is no syslog has no host
	}
	if !strings.Contains(h.message, "pam_") {
		return
	}
	if strings.Contains(h.message, ":session): ") {
		o.put(l.category, "session")
	}
	if strings.Contains(h.message, "pam_unix(") || strings.Contains(h.message, "pam_sss(") {
		l.pam(h.message, o)
	}
	if _, said, ok := strings.Cut(h.message, "pam_tally"); ok { // and pam_tally2: "(sudo:auth): user eve (4001) tally 6, deny 5"
		l.event(o, "authentication", "pam_authentication", "failure")
		l.name(o, l.user, errorPart(said, "user ", " "))
	}
}

// job reads whose command cron runs: "(root) CMD (run-parts /etc/cron.hourly)".
func (l *logins) job(app, m string, o *output) {
	if !strings.HasPrefix(strings.ToLower(app), "cron") {
		return
	}
	user, said, ok := strings.Cut(m[1:], ") CMD (")
	if !ok || strings.ContainsAny(user, " ()") {
		return
	}
	o.put(l.category, "process")
	o.put(l.types, "start")
	l.name(o, l.user, user)
	o.put(l.command, strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(said), ")")))
}

// sshdLike reports whether a line without a program's name is sshd's.
func sshdLike(m string) bool {
	for _, form := range [...]string{"Accepted password for ", "Accepted publickey for ", "Accepted keyboard-interactive/pam for ", "Failed password for ", "Failed none for ", "Failed publickey for ", "Failed keyboard-interactive/pam for ", "Invalid user ", "Disconnected from ", "Received disconnect from ", "Connection closed by ", "Connection reset by "} {
		if strings.HasPrefix(m, form) {
			return strings.Contains(m, " port ")
		}
	}
	return false
}

// accounts reads what shadow's programs say of the accounts they make, change and delete.
func (l *logins) accounts(app, m string, o *output) {
	types := ""
	switch app {
	case "useradd", "adduser":
		types = "user,creation"
	case "userdel", "deluser":
		types = "user,deletion"
	case "usermod", "passwd", "chage", "chpasswd", "chsh", "chfn":
		types = "user,change"
	case "groupadd", "addgroup":
		types = "group,creation"
	case "groupdel", "delgroup":
		types = "group,deletion"
	case "groupmod", "gpasswd":
		types = "group,change"
	default:
		return
	}
	o.put(l.category, "iam")
	o.keep(l.types, listOf(types))
	name := errorPart(m, "name=", ",")
	if name == "" {
		name = strings.Trim(errorPart(m, "user '", "'"), "'")
	}
	if strings.HasPrefix(types, "user") {
		l.name(o, l.user, name)
	} else {
		l.name(o, l.group, name)
	}
}

// plain reads how programs word a refused login in lines of their own: what refused whom from where.
func (l *logins) plain(m string, o *output) {
	if len(m) > maxSaid {
		return
	}
	small, outcome := o.lower(m), "failure"
	if strings.Contains(small, "authority") {
		small = strings.ReplaceAll(small, "authority", "---------")
	}
	switch came, went := comings(small); {
	case came != "":
		outcome = came
	case went:
		l.left(m, small, o)
		return
	case saysAny(small, "trying to login", "trying to log in"):
		outcome = ""
	case !saysAny(small, "fail", "incorrect", "denied", "invalid", "authentication error", "unauthorized", "bad password", "bad pam", "mismatch", "unsuccessful", "could not retrieve user"):
		return
	case !loginWord(small) && !strings.Contains(small, "auth") && !strings.Contains(small, "access denied for user") && !strings.Contains(small, "password") && !strings.Contains(small, "token"):
		return
	}
	ip, user := peer(m, o), cmp.Or(plainUser(m, small), spokenUser(m, small))
	if ip == "" {
		ip = onlyAddress(m)
	}
	if ip == "" && user == "" && !o.has(l.ip) && !o.has(l.user) {
		return
	}
	l.event(o, "authentication", "login", outcome)
	l.name(o, l.user, user)
	o.address(l.ip, l.address, ip)
}

// left reads how programs word that somebody went.
func (l *logins) left(m, small string, o *output) {
	ip, user := peer(m, o), cmp.Or(plainUser(m, small), spokenUser(m, small))
	if ip == "" && user == "" && !o.has(l.user) {
		return
	}
	l.event(o, "authentication", "logged-off", "")
	l.name(o, l.user, user)
	o.address(l.ip, l.address, ip)
}

// saysAny reports whether a text holds one of the words.
func saysAny(text string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// sshd reads "Failed password for invalid user U from A port P ssh2" and its like.
func (l *logins) sshd(m string, o *output) {
	for _, form := range []struct{ begins, action, outcome string }{
		{"Failed ", "ssh_login", "failure"},
		{"Accepted ", "ssh_login", "success"},
		{"Invalid user ", "ssh_login", "failure"},
		{"User ", "ssh_login", "failure"},
		{"Illegal user ", "ssh_login", "failure"},
		{"Connection closed by ", "connection_closed", ""},
		{"Received disconnect from ", "disconnected", ""},
		{"Disconnected from ", "disconnected", ""},
		{"Connection from ", "connection", ""},
		{"Did not receive identification string from ", "connection", ""},
		{"Connection reset by ", "connection_closed", ""},
		{"error: maximum authentication attempts exceeded for ", "ssh_login", "failure"},
		{"Postponed ", "ssh_login", ""},
		{"reverse mapping checking getaddrinfo for ", "reverse_mapping", ""},
		{"error: PAM: ", "ssh_login", "failure"},
		{"subsystem request for sftp by user ", "sftp", ""},
		{"Bad protocol version identification ", "connection", ""},
		{"Unable to negotiate with ", "connection", ""},
		{"banner exchange: Connection from ", "connection", ""},
		{"refused connect from ", "connection_refused", "failure"},
		{"Starting session: ", "session", "success"},
		{"Close session: ", "session_closed", ""},
		{"fatal: Timeout before authentication for ", "connection_closed", "failure"},
		{"Access denied for user ", "ssh_login", "failure"},
		{"input_userauth_request: invalid user ", "ssh_login", "failure"},
		{"Authentication refused: ", "ssh_login", "failure"},
	} {
		if !strings.HasPrefix(m, form.begins) {
			continue
		}
		if form.begins == "User " && !strings.Contains(m, "not allowed") {
			return
		}
		if form.action == "sftp" {
			l.event(o, "session", form.action, form.outcome)
			l.userFirst(m[len(form.begins):], o)
			return
		}
		if strings.HasPrefix(form.action, "connection") || form.action == "disconnected" {
			o.keep(l.category, l.spoke)
		}
		l.event(o, "authentication", form.action, form.outcome)
		l.peer(m, form.begins, o)
		if method, user, ok := strings.Cut(m, " for "); ok && form.begins == "Accepted " && strings.Count(method, " ") == 1 {
			l.name(o, l.user, user) // alone, where no address follows
		}
		return
	}
}

// peer finds the user and the address in an sshd message.
func (l *logins) peer(m, begins string, o *output) {
	rest := strings.TrimPrefix(m, begins)
	if begins == "input_userauth_request: invalid user " {
		l.userFirst(rest, o)
	}
	if _, after, ok := strings.Cut(rest, " for "); ok {
		rest = after
	}
	for _, skip := range []string{"invalid user ", "illegal user ", "authenticating user ", "user "} {
		rest = strings.TrimPrefix(rest, skip)
	}
	address := rest
	if at := strings.LastIndex(rest, " from "); at >= 0 {
		l.name(o, l.user, rest[:at])
		address = rest[at+len(" from "):]
	} else if _, after, ok := strings.Cut(rest, "authenticating user "); ok {
		address = l.userFirst(after, o)
	} else if isAddress(secondWord(rest)) {
		address = l.userFirst(rest, o)
	}
	if begins == "Connection from " {
		_, at, _ := strings.Cut(rest, " on ")
		if ip, port, ok := strings.Cut(at, " port "); ok && isAddress(ip) {
			o.put(l.to[0], ip)
			if n, ok := digits(firstWord(port), 1, 5); ok {
				o.keep(l.to[1], tocsin.IntValue(int64(n)))
			}
		}
	}
	port := false // is what comes next
	for w := range strings.FieldsSeq(address) {
		w = strings.Trim(w, "[]:,")
		if port {
			w, _, _ = strings.Cut(w, ":") // "33980:11", a reason's number
			if n, ok := digits(w, 1, 5); ok {
				o.keep(l.port, tocsin.IntValue(int64(n)))
			}
			break
		}
		if isAddress(w) && !o.has(l.ip) {
			o.address(l.ip, l.address, w)
		}
		port = w == "port"
	}
}

// userFirst sets the user that a text begins with and returns what follows.
func (l *logins) userFirst(s string, o *output) string {
	user, rest, _ := strings.Cut(s, " ")
	l.name(o, l.user, user)
	return rest
}

// name sets a user where the text is one word: an attacker may put anything there.
func (l *logins) name(o *output, to *name, s string) {
	if s = strings.TrimRight(strings.TrimSpace(s), ".,;"); s != "" && !strings.ContainsAny(s, " \t") {
		o.put(to, s)
	}
}

// sudo reads "alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh".
func (l *logins) sudo(m string, o *output) {
	user, rest, ok := strings.Cut(m, " : ")
	if !ok {
		return
	}
	l.name(o, l.user, user)
	outcome := "success"
	for part := range strings.SplitSeq(rest, " ; ") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case !ok:
			outcome = "failure" // "3 incorrect password attempts", "user NOT in sudoers"
		case key == "USER":
			l.name(o, l.effective, value)
		case key == "PWD":
			o.put(l.directory, value)
		case key == "COMMAND":
			_, command, _ := strings.Cut(rest, "COMMAND=")
			o.put(l.command, command)
		}
	}
	l.event(o, "process", "sudo", outcome)
}

// pam reads the messages of pam_unix.
func (l *logins) pam(m string, o *output) {
	switch {
	case strings.Contains(m, "authentication failure"):
		l.event(o, "authentication", "pam_authentication", "failure")
	case strings.Contains(m, "session opened"):
		l.event(o, "session", "logged-on", "success")
	case strings.Contains(m, "session closed"):
		l.event(o, "session", "logged-off", "success")
	}
	for word := range strings.FieldsSeq(m) {
		switch key, value, _ := strings.Cut(word, "="); key {
		case "user":
			l.name(o, l.user, value)
		case "rhost":
			o.address(l.ip, l.address, value)
		}
	}
	if _, after, ok := strings.Cut(m, "for user "); ok {
		user, rest, _ := strings.Cut(after, " ")
		user, _, _ = strings.Cut(user, "(")
		if by, _, ok := strings.Cut(strings.TrimPrefix(rest, "by "), "(uid="); ok && by != "" && by != user {
			l.name(o, l.user, by)
			l.name(o, l.effective, user)
		}
		l.name(o, l.user, user)
	}
}

func (l *logins) event(o *output, category, action, outcome string) {
	o.put(l.category, category)
	if strings.HasSuffix(action, "closed") || action == "disconnected" || action == "logged-off" {
		o.put(l.types, "end")
	} else {
		o.put(l.types, "start")
	}
	o.put(l.action, action)
	o.put(l.outcome, outcome)
}
