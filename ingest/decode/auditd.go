package decode

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"tocsin"
)

// auditKeys maps the keys of Linux audit records to ECS; the rest stays below auditd.data.
const auditKeys = `
	pid       process.pid
	ppid      process.parent.pid
	exe       process.executable
	comm      process.name
	cwd       process.working_directory
	proctitle process.title
	cmd       process.command_line
	uid       user.id
	UID       user.name
	acct      user.name
	user      user.name
	euid      user.effective.id
	EUID      user.effective.name
	addr      source.ip
	hostname  source.domain
	rport     source.port
	laddr     destination.ip
	lport     destination.port
	src       source.ip
	dst       destination.ip
	daddr     destination.ip
	terminal  auditd.data.terminal
	ses       auditd.session
	res       auditd.result
	exit      process.exit_code`

// auditHex are the keys whose values the kernel writes in hex where they hold blanks or quotes.
const auditHex = " proctitle cmd comm exe cwd name acct data path dir vm grp new_group key unit filename "

// auditKinds says what the types of audit records are in ECS: category and type, by the type's beginning; the first
// that fits decides.
const auditKinds = `
	USER_AUTH authentication info
	USER_LOGIN authentication start
	USER_LOGOUT authentication end
	USER_ACCT authentication info
	USER_START session start
	USER_END session end
	USER_ERR authentication info
	USER_CMD process start
	CRED_ authentication info
	LOGIN authentication start
	ADD_USER iam user,creation
	DEL_USER iam user,deletion
	ADD_GROUP iam group,creation
	DEL_GROUP iam group,deletion
	USER_MGMT iam user,change
	USER_CHAUTHTOK iam user,change
	GRP_ iam group,change
	ACCT_ iam user,change
	EXECVE process start
	SYSCALL process info
	PROCTITLE process info
	SERVICE_START process start
	SERVICE_STOP process end
	SYSTEM_BOOT host start
	SYSTEM_SHUTDOWN host end
	SYSTEM_RUNLEVEL host change
	SOFTWARE_UPDATE package info
	PATH file info
	CWD process info
	SOCKADDR network info
	CONFIG_CHANGE configuration change
	DAEMON_CONFIG configuration change
	DAEMON_START process,configuration start
	DAEMON_END process,configuration end
	DAEMON_ABORT process,configuration end
	DAEMON_ process,configuration change
	FEATURE_CHANGE configuration change
	USYS_CONFIG configuration change
	TIME_ configuration change
	MAC_POLICY_LOAD configuration change
	MAC_STATUS configuration change
	MAC_CONFIG_CHANGE configuration change
	MAC_IPSEC_EVENT network info
	MAC_UNLBL_ configuration change
	USER_ROLE_CHANGE iam user,change
	USER_MAC_ configuration change
	ROLE_ iam user,change
	USER_TTY process info
	TTY process info
	USER_AVC process info
	USER_SELINUX_ERR process error
	SELINUX_ERR process error
	SECCOMP process info
	BPF process info
	CAPSET process change
	OBJ_PID process info
	MMAP process info
	BPRM_FCAPS process start
	FANOTIFY file info
	INTEGRITY_ file info
	FS_RELABEL file change
	LABEL_ configuration change
	NETFILTER_PKT network info
	VIRT_ host info
	USER_DEVICE host info
	DEV_ host info
	RESP_ACCT_ iam user,change
	ANOM_ process info
	AVC process denied
	NETFILTER_CFG configuration change
	KERN_MODULE driver start
	CRYPTO_ process,session info`

type auditReader struct {
	dict                                          *dictionary
	keys                                          map[string]*name
	syslog                                        *syslogFields
	kinds                                         [][]string
	data, kind, module, record, sequence          *name
	category, types, action, outcome, host        *name
	args, command, count, title, path, ip, domain *name
	destination, port, sourcePort                 *name
	accepted                                      bool // the socket's address is that of who came, not where somebody went
	derive                                        deriver
}

// auditd reads the lines of the Linux audit daemon, bare or behind a syslog header, each line an alert of its own.
func auditd(dec *Decoder) text {
	a := newAuditReader(dec.doc.dict)
	return text{needs: bytesOf("type=msgaudit("), claims: func(line string) bool { return auditStart(line) >= 0 && strings.Contains(line, "msg=audit(") }, read: a.read}
}

func newAuditReader(d *dictionary) *auditReader {
	a := &auditReader{
		dict: d, keys: d.header(auditKeys), syslog: newSyslogFields(d), data: d.name("auditd.data"), kind: d.name("event.kind"), module: d.name("event.module"),
		record: d.name("auditd.log.record_type"), sequence: d.name("auditd.log.sequence"), category: d.name("event.category"), types: d.name("event.type"),
		action: d.name("event.action"), outcome: d.name("event.outcome"), host: d.name("host.name"), args: d.name("process.args"), count: d.name("process.args_count"),
		command: d.name("process.command_line"), title: d.name("process.title"), path: d.name("file.path"), ip: d.name("source.ip"), domain: d.name("source.domain"),
		destination: d.name("destination.ip"), port: d.name("destination.port"), sourcePort: d.name("source.port"), derive: newDeriver(d),
	}
	for line := range strings.Lines(auditKinds) {
		if words := strings.Fields(line); len(words) == 3 {
			a.kinds = append(a.kinds, words)
		}
	}
	return a
}

// auditStart finds where "type=" or "node=" opens an audit record.
func auditStart(line string) int {
	at := strings.Index(line, "type=")
	if node := strings.Index(line, "node="); node >= 0 && node < at {
		at = node
	}
	if at < 0 || at > 256 || at > 0 && line[at-1] != ' ' && line[at-1] != ':' {
		return -1
	}
	return at
}

func (a *auditReader) read(line string, o *output) string {
	at := auditStart(line)
	if at < 0 {
		return "no audit record in " + excerpt(line)
	}
	_, stamp, ok := strings.Cut(line, "msg=audit(")
	seconds, after, ok2 := strings.Cut(stamp, ":")
	number, body, ok3 := strings.Cut(after, ")")
	if !ok || !ok2 || !ok3 {
		return "no time in " + excerpt(line)
	}
	t, ok := parseTime(seconds)
	if !ok {
		return "no time in " + excerpt(line)
	}
	o.time = t
	head := auditPairs(line[at:len(line)-len(stamp)-len("msg=audit(")], 0)
	h := headerBefore(line, at)
	record := ""
	for _, p := range head {
		switch p.key {
		case "type":
			record = p.value
		case "node":
			o.put(a.host, p.value)
		}
	}
	o.put(a.kind, "event")
	o.put(a.module, "auditd")
	o.put(a.record, record)
	o.put(a.sequence, number)
	o.put(a.action, strings.ToLower(record))
	for _, k := range a.kinds {
		if strings.HasPrefix(record, k[0]) {
			o.keep(a.category, listOf(k[1]))
			o.keep(a.types, listOf(k[2]))
			break
		}
	}
	a.body(record, strings.TrimLeft(body, ": "), o)
	a.syslog.envelope(h, o)
	a.derive.apply(o)
	return ""
}

// body sets the record's pairs.
func (a *auditReader) body(record, body string, o *output) {
	var args []string
	for _, p := range auditPairs(body, 0) {
		value := p.value
		if !p.quoted && (strings.Contains(auditHex, " "+p.key+" ") || record == "EXECVE" && isArg(p.key)) {
			value = auditUnhex(value)
		}
		switch {
		case record == "EXECVE" && isArg(p.key):
			args = append(args, value)
			continue
		case value == "" || value == "?" || value == "(none)" || value == "(null)":
			continue
		case p.key == "saddr":
			a.socket(value, o)
		case record == "PATH" && p.key == "name":
			o.put(a.path, value)
		case p.key == "proctitle":
			value = strings.TrimRight(strings.ReplaceAll(value, "\x00", " "), " ")
			o.put(a.command, value)
		case p.key == "success" || p.key == "res" || p.key == "result":
			a.setOutcome(o, value)
		}
		to, known := a.keys[p.key]
		if a.accepted && known {
			to = a.cameFrom(to)
		}
		switch {
		case known && (to == a.ip || to == a.destination):
			if !isAddress(value) { // a port, of a refused access
				to = a.dict.path(a.data, []byte(p.key))
			}
			o.put(to, value)
		case known && to.text == "process.exit_code" && record != "SYSCALL":
			o.put(to, value)
		case known && to.text != "process.exit_code":
			o.put(to, value)
		default:
			o.put(a.dict.path(a.data, []byte(p.key)), value)
		}
	}
	if len(args) > 0 {
		o.keep(a.args, tocsin.StringsValue(args[:min(len(args), 256)]...))
		o.keep(a.count, tocsin.IntValue(int64(len(args))))
		o.put(a.command, strings.Join(args, " "))
		if strings.HasPrefix(args[0], "/") {
			o.put(a.keys["exe"], args[0])
		}
	}
}

func (a *auditReader) setOutcome(o *output, value string) {
	switch value {
	case "success", "yes", "1":
		o.put(a.outcome, "success")
	case "failed", "failure", "no", "0":
		o.put(a.outcome, "failure")
	}
}

// isArg reports whether a key of EXECVE is an argument: a0, a1, …, and not a0_len.
func isArg(key string) bool {
	if len(key) < 2 || key[0] != 'a' {
		return false
	}
	_, ok := digits(key[1:], 1, 5)
	return ok
}

// auditUnhex decodes a value that is written in hex; one that is not stays as it is.
func auditUnhex(s string) string {
	if len(s) < 2 || len(s)%2 == 1 || strings.ToUpper(s) != s {
		return s
	}
	raw, err := hex.DecodeString(s)
	if err != nil {
		return s
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}

// socket reads the kernel's sockaddr: the other end of a connection.
func (a *auditReader) socket(s string, o *output) {
	if isAddress(s) { // of a packet
		o.put(a.ip, s)
		return
	}
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) < 8 {
		return
	}
	var address netip.Addr
	switch family := int(raw[0]) | int(raw[1])<<8; {
	case family == 2:
		address = netip.AddrFrom4([4]byte(raw[4:8]))
	case family == 10 && len(raw) >= 24:
		address = netip.AddrFrom16([16]byte(raw[8:24])).Unmap()
	default:
		return
	}
	end, port := a.destination, a.port
	if a.accepted {
		end, port = a.ip, a.sourcePort
	}
	o.put(end, address.String())
	o.put(port, strconv.Itoa(int(raw[2])<<8|int(raw[3])))
}

// cameFrom is where the other end's address and port go of a connection that was taken.
func (a *auditReader) cameFrom(to *name) *name {
	switch to {
	case a.destination:
		return a.ip
	case a.port:
		return a.sourcePort
	}
	return to
}

// An auditPair is one key=value of an audit record.
type auditPair struct {
	key, value string
	quoted     bool
}

// auditPairs reads key=value pairs, values in double or single quotes or bare. What stands in single quotes are pairs
// again, twice at most. At most 512 are read.
func auditPairs(s string, depth int) []auditPair {
	const most = 512
	if depth > 2 {
		return nil
	}
	var pairs []auditPair
	for s != "" && len(pairs) < most {
		s = strings.TrimLeft(s, " ,\x1d")
		eq := strings.IndexByte(s, '=')
		if eq < 0 {
			break
		}
		key := s[:eq]
		if i := strings.LastIndexAny(key, " \x1d"); i >= 0 {
			key = key[i+1:]
		}
		s = s[eq+1:]
		switch {
		case strings.HasPrefix(s, `\"`): // quotes within quotes
			value, rest, _ := strings.Cut(s[2:], `\"`)
			pairs, s = append(pairs, auditPair{key, value, true}), rest
		case key == "msg" && strings.HasPrefix(s, `"`): // what a rewriter made of msg='…'
			end := strings.LastIndexByte(s[1:], '"')
			pairs = append(pairs, auditPairs(s[1:1+max(end, 0)], depth+1)...)
			s = s[min(len(s), max(end, 0)+2):]
		case strings.HasPrefix(s, `"`):
			value, rest, _ := strings.Cut(s[1:], `"`)
			pairs, s = append(pairs, auditPair{key, value, true}), rest
		case strings.HasPrefix(s, "'"):
			end := strings.LastIndexByte(s[1:], '\'')
			if end < 0 {
				end = len(s) - 1
			}
			pairs = append(pairs, auditPairs(s[1:1+end], depth+1)...)
			s = s[min(len(s), end+2):]
		default:
			end := strings.IndexAny(s, " \x1d")
			if end < 0 {
				end = len(s)
			}
			pairs, s = append(pairs, auditPair{key, strings.TrimPrefix(s[:end], "="), false}), s[end:]
		}
	}
	return pairs
}
