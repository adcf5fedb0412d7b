package decode

import (
	"strings"
)

// sqlAudit reads an event that SQL Server's audit writes, lines of "key:value": below Windows' event 33205 as one value, or
// as its message.
type sqlAudit struct {
	param, prefix, user, domain, host, outcome, ip, action *name
	category, types, kind, code, module, vendor, message   *name
	actions                                                map[string]string
}

// sqlActions are the names of what SQL Server audits by the ids of sys.dm_audit_actions, those that are not named here by
// their ids.
const sqlActions = `
	SL select|IN insert|UP update|DL delete|EX execute|RC receive|RF references|VW view|CR create|AL alter|DR drop|LGIS login-succeeded
	LGIF login-failed|LGO logout|DBAS database-login-succeeded|DBAF database-login-failed|DBL database-logout|AUSC audit-session-changed
	AUSF audit-shutdown-on-failure|APRL add-member|DPRL drop-member|ADDP add-member|G grant|GWG grant-with-grant|R revoke|RWG revoke-with-grant
	RWC revoke-with-cascade|D deny|DWC deny-with-cascade|PWC change-password|PWCS change-own-password|PWR reset-password|PWRS reset-own-password
	PWEX password-expiration|PWMC must-change-password|PWPL password-policy|LGDA disable-login|LGEA enable-login|LGNM change-login-name
	NMLG no-credential-map-to-login|IMP impersonate|TO take-ownership|CCLG change-credential|BA backup|BAL backup-log|RS restore|DBCC dbcc
	SVSR server-started|SVSD server-shutdown|SVPD server-paused|SVCN server-continued|SPLN show-plan|TRO transfer-ownership|BCM batch-completed
	RCM rpc-completed|ACDO access-database-object|UCGP user-changed-group|TASA trace-audit-start|TASP trace-audit-stop|C2ON c2-audit-on`

func newSQLAudit(d *dictionary) sqlAudit {
	s := sqlAudit{
		param: d.name("winlog.event_data.param1"), prefix: d.name("mssql.audit"), user: d.name("user.name"), domain: d.name("user.domain"), host: d.name("host.name"),
		outcome: d.name("event.outcome"), ip: d.name("source.ip"), action: d.name("event.action"), category: d.name("event.category"), types: d.name("event.type"),
		kind: d.name("event.kind"), code: d.name("event.code"), module: d.name("event.module"), vendor: d.name("observer.vendor"), message: d.name("message"),
		actions: map[string]string{},
	}
	for entry := range strings.FieldsFuncSeq(sqlActions, func(r rune) bool { return r == '|' || r == '\n' || r == '\t' }) {
		id, name, _ := strings.Cut(entry, " ")
		s.actions[id] = name
	}
	return s
}

// text is the message alone as a format of lines.
func mssqlAudit(dec *Decoder) text {
	s, stamp := newSQLAudit(dec.doc.dict), dec.doc.dict.name("mssql.audit.event_time")
	const sign = "audit_schema_version:"
	return text{
		signs:  []string{sign},
		claims: func(line string) bool { return strings.Contains(line, sign) && strings.Contains(line, "\naction_id:") },
		read: func(line string, o *output) string {
			at := strings.Index(line, sign)
			if at < 0 {
				return "no event of SQL Server's audit: " + excerpt(line)
			}
			s.apply(line[at:], o)
			o.time, _ = parseTime(o.text(stamp))
			o.put(s.kind, "event")
			o.put(s.code, "33205")
			o.put(s.module, "mssql_audit")
			o.put(s.vendor, "Microsoft")
			o.put(s.message, line)
			return ""
		},
	}
}

func (s *sqlAudit) apply(text string, o *output) {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n "), ":")
		if !ok || key == "" || strings.ContainsAny(key, " .\t") {
			continue
		}
		switch key {
		case "server_principal_name":
			domain, user := splitAccount(value)
			o.put(s.user, user)
			o.put(s.domain, domain)
		case "succeeded":
			o.put(s.outcome, map[string]string{"true": "success", "false": "failure"}[value])
		case "client_ip":
			o.address(s.ip, nil, value)
		case "host_name":
			o.put(s.host, value)
		case "action_id":
			s.sort(strings.TrimSpace(value), o)
		}
		o.put(o.dict.path(s.prefix, []byte(key)), value)
	}
}

// sort sets what was done, and what sort of event that is.
func (s *sqlAudit) sort(id string, o *output) {
	action := s.actions[id]
	if action == "" {
		action = strings.ToLower(id)
	}
	o.put(s.action, action)
	category, types := "database", "access"
	switch {
	case strings.Contains(action, "login-succeeded") || strings.Contains(action, "login-failed"):
		category, types = "authentication,database", "start"
	case strings.Contains(action, "logout"):
		category, types = "authentication,database", "end"
	case strings.Contains(action, "member") || strings.Contains(action, "password") || strings.Contains(action, "login") || strings.HasPrefix(action, "grant") || strings.HasPrefix(action, "revoke") || strings.HasPrefix(action, "deny"):
		category, types = "database,iam", "change"
	case action == "insert" || action == "update" || action == "delete" || action == "create" || action == "alter" || action == "drop":
		types = "change"
	}
	o.set(s.category, listOf(category))
	o.set(s.types, listOf(types))
}
