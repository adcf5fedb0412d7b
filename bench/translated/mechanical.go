package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tocsin"
)

// A definition is a CrowdSec scenario as a case carries it.
type definition struct {
	Type      string `json:"type"`
	Filter    string `json:"filter"`
	GroupBy   string `json:"groupby"`
	Distinct  string `json:"distinct"`
	Capacity  int    `json:"capacity"`
	LeakSpeed string `json:"leakspeed"`
	Blackhole string `json:"blackhole"`
	Condition string `json:"condition"`
}

// words say what the hub's parsers call a thing in fields of the Elastic Common Schema.
const words = `
	Meta.source_ip Parsed.source_ip Parsed.remote_addr Parsed.src_ip            source.ip
	Meta.source_port Parsed.src_port                                            source.port
	Parsed.dst_port Parsed.dest_port Meta.destination_port                      destination.port
	Parsed.dst_ip Parsed.dest_ip Meta.destination_ip                            destination.ip
	Meta.target_user Meta.user Meta.username Parsed.user Parsed.username Parsed.dovecot_user user.name
	Meta.machine                                                                host.name
	Meta.http_path Parsed.request Parsed.uri                                    url.original
	Meta.http_status Parsed.status                                              http.response.status_code
	Meta.http_verb Parsed.verb Parsed.method                                    http.request.method
	Meta.http_user_agent Parsed.http_user_agent                                 user_agent.original
	Meta.http_version Parsed.http_version                                       http.version
	Parsed.http_args                                                            url.query
	Parsed.http_referer Parsed.referer Meta.http_referer                        http.request.referrer
	Parsed.target_fqdn Meta.target_fqdn Parsed.vhost                            url.domain
	Parsed.file_ext                                                             url.extension
	Parsed.message Line.Raw Parsed.rawrequest                                   message
	Parsed.program Meta.program                                                 process.name
	Meta.exe Parsed.exe                                                         process.executable
	Meta.pid Parsed.pid                                                         process.pid
	Meta.ppid Parsed.ppid                                                       process.parent.pid
	Meta.event_name                                                             event.action
	Parsed.ruleid Meta.rule_id                                                  rule.id
	Meta.severity                                                               log.level`

// What parsers label a record with says what it is about.
const (
	refused = `(event.outcome == "failure" and event.category != "web" or http.response.status_code in [401, 403] or lower(message) matches "no such user|trying to log|failure count")`
	entered = `(event.category == "authentication" and event.outcome == "success")`
	// someSource stands for what cannot be told: every record of the case that names a source and tells no success.
	someSource = `(source.ip != nil and not (event.category == "authentication" and event.outcome == "success"))`
	preauth    = `(process.name in ["sshd", "sshd-session"] and (message contains "[preauth]" or message startsWith "banner exchange: "))`
	fixed      = `(lower(url.extension) in ["avif", "bmp", "css", "eot", "gif", "ico", "jpeg", "jpg", "js", "map", "mp3", "mp4", "ogg", "otf", "png", "svg", "tif", "tiff", "ttf", "webm", "webp", "woff", "woff2"])`
)

var (
	errNoWord = errors.New("no word here says")

	listed   = regexp.MustCompile(`(any\(File\([^)]*\),\s*\{[^}]*\}\)|RegexpInFile\([^)]*\))`)
	folded   = regexp.MustCompile(`\b(Upper|Lower)\(('[^']*'|"[^"]*")\)`)
	equal    = regexp.MustCompile(`evt\.(?:Meta|Parsed)\.\w+\s*(?:==|in|contains|startsWith)\s*('[^']*'|"[^"]*"|\[[^\]]*\])`)
	queued   = regexp.MustCompile(`len\(queue\.Queue\)\s*>=?\s*(\d+)`)
	labelled = regexp.MustCompile(`evt\.(?:Meta|Parsed)\.(log_type|log_type_enh|sub_type|service|type)\s*(==|!=|in|startsWith|contains)\s*('[^']*'|"[^"]*"|\[[^\]]*\])`)
	static   = regexp.MustCompile(`evt\.Parsed\.static_ressource\s*==\s*['"](false|true)['"]`)
	argsLen  = regexp.MustCompile(`int\(evt\.Meta\.http_args_len\)\s*==\s*0`)
	named    = regexp.MustCompile(`evt\.(Meta|Parsed|Line|Unmarshaled|Enriched|Overflow|StrTime|Time)[\w.?]*`)
	called   = regexp.MustCompile(`\b([A-Z][A-Za-z]+)\(`)
	literal  = regexp.MustCompile(`'([^']*)'|"([^"]*)"`)
	denied   = regexp.MustCompile(`(?i)fail|bad_|invalid|wrong|incorrect|denied|unauth|bf_|auth_bf|no_user`)
)

// functions are those of CrowdSec's that have a name here.
var functions = map[string]string{
	"Upper": "upper", "Lower": "lower", "QueryUnescape": "unescape", "PathUnescape": "unescape", "TrimSpace": "trim",
}

// mechanical makes a rule of a scenario by its words alone, for a case whose scenario has no rule of its own: what a label
// means is guessed by how it reads. The error wraps errNoWord where something cannot be said.
func mechanical(name string, raw json.RawMessage) (file []byte, id string, err error) {
	var d definition
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, "", err
	}
	when, err := condition(d.Filter)
	if err != nil {
		return nil, "", err
	}
	group, err := fieldsOf(d.GroupBy)
	if err != nil {
		return nil, "", err
	}
	correlate, err := d.correlate(group)
	if err != nil {
		return nil, "", err
	}
	h := tocsin.Hash("translated", name)
	id = h[:8] + "-" + h[8:12] + "-5" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32]
	text := fmt.Sprintf("id: %s\ntitle: As %s\nversion: 1.0.0\nstatus: test\nlevel: medium\ncategory: intrusion-attempts/brute-force\nwhen: |\n  %s\ncorrelate: {%s}\n",
		id, name, strings.ReplaceAll(strings.TrimSpace(when), "\n", "\n  "), correlate)
	if d.Type != "trigger" && d.Blackhole != "" {
		text += "suppress: " + d.Blackhole + "\n"
	}
	return []byte(text + "entities: [{field: source.ip, role: attacker}, {field: user.name, role: victim}]\n"), id, nil
}

// correlate says how the bucket overflows.
func (d *definition) correlate(group []string) (string, error) {
	common := fmt.Sprintf("group_by: [%s], on_missing: \"null\"", strings.Join(group, ", "))
	of, err := fieldsOf(d.Distinct)
	switch n := queued.FindStringSubmatch(d.Condition); {
	case err != nil || len(of) > 1:
		return "", errors.Join(err, fmt.Errorf("%w %s", errNoWord, d.Distinct))
	case d.Type == "trigger":
		return fmt.Sprintf("kind: match, %s, quiet: %s", common, orElse(d.Blackhole, "1m")), nil
	case d.Type == "leaky" && len(of) == 1:
		return fmt.Sprintf("kind: leaky, %s, capacity: %d, leakspeed: %s, distinct: %s", common, d.Capacity, d.LeakSpeed, of[0]), nil
	case d.Type == "leaky":
		return fmt.Sprintf("kind: leaky, %s, capacity: %d, leakspeed: %s", common, d.Capacity, d.LeakSpeed), nil
	case d.Type == "conditional" && strings.Contains(d.Condition, "Distance("): // places are not at hand
		return fmt.Sprintf("kind: distinct, %s, span: %s, field: source.ip, at_least: 2", common, d.LeakSpeed), nil
	case d.Type == "conditional" && n != nil && len(of) == 1:
		return fmt.Sprintf("kind: distinct, %s, span: %s, field: %s, at_least: %s", common, d.LeakSpeed, of[0], n[1]), nil
	case d.Type == "conditional" && n != nil:
		return fmt.Sprintf("kind: count, %s, span: %s, at_least: %s", common, d.LeakSpeed, n[1]), nil
	}
	return "", fmt.Errorf("%w type %s: %s", errNoWord, d.Type, d.Condition)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// condition says a filter in this language.
func condition(filter string) (string, error) {
	var faults []error
	text := listed.ReplaceAllString(filter, someSource) // the list is not at hand
	text = folded.ReplaceAllStringFunc(text, func(s string) string {
		m := folded.FindStringSubmatch(s)
		if m[1] == "Lower" {
			return strings.ToLower(m[2])
		}
		return upperPattern(m[2])
	})
	text = labelled.ReplaceAllStringFunc(text, func(s string) string {
		m := labelled.FindStringSubmatch(s)
		said, ok := label(m[1], m[3])
		if !ok {
			faults = append(faults, fmt.Errorf("%w %s", errNoWord, s))
		}
		if m[2] == "!=" {
			return "not " + said
		}
		return said
	})
	text = static.ReplaceAllStringFunc(text, func(s string) string {
		if strings.Contains(s, "false") {
			return "(not " + fixed + ")"
		}
		return fixed
	})
	text = equal.ReplaceAllStringFunc(text, func(s string) string {
		if _, known := word(named.FindString(s)); known {
			return s
		}
		return mentions(equal.FindStringSubmatch(s)[1])
	})
	text = argsLen.ReplaceAllString(text, "url.query == nil")
	text = named.ReplaceAllStringFunc(text, func(s string) string {
		field, ok := word(s)
		if !ok {
			faults = append(faults, fmt.Errorf("%w %s", errNoWord, s))
		}
		return field
	})
	var out strings.Builder
	for rest := text; rest != ""; {
		code, quoted := rest, ""
		if at := literal.FindStringIndex(rest); at != nil {
			code, quoted, rest = rest[:at[0]], rest[at[0]:at[1]], rest[at[1]:]
		} else {
			rest = ""
		}
		out.WriteString(called.ReplaceAllStringFunc(code, func(s string) string {
			to, ok := functions[strings.TrimSuffix(s, "(")]
			if !ok {
				faults = append(faults, fmt.Errorf("%w %s", errNoWord, s))
			}
			return to + "("
		}))
		out.WriteString(quoted)
	}
	return out.String(), errors.Join(faults...)
}

// mentions says of a part that a parser cuts out of a line that the line has one of these texts.
func mentions(values string) string {
	var said []string
	for _, m := range literal.FindAllStringSubmatch(values, -1) {
		if v := m[1] + m[2]; denied.MatchString(v) {
			said = append(said, refused)
		} else {
			said = append(said, fmt.Sprintf("lower(message) contains %q", strings.ToLower(v)))
		}
	}
	return "(" + strings.Join(said, " or ") + ")"
}

// label says what parsers mean by the labels of a list, or one.
func label(of, values string) (string, bool) {
	var said []string
	for _, m := range literal.FindAllStringSubmatch(values, -1) {
		v := m[1] + m[2]
		switch {
		case strings.HasPrefix(v, "http_"), of == "service" && v == "http":
			said = append(said, `event.category == "web"`)
		case of == "service":
			said = append(said, "true") // the case has the records of its service
		case strings.HasPrefix(v, "ssh_failed"):
			said = append(said, refused, preauth)
		case denied.MatchString(v):
			said = append(said, refused)
		case strings.Contains(v, "success"):
			said = append(said, entered)
		case strings.HasPrefix(v, "iptables"):
			said = append(said, `message contains "DPT="`)
		case v == "execve":
			said = append(said, `auditd.data.syscall == "59"`)
		case v == "aws-cloudtrail":
			said = append(said, `event.module == "aws"`)
		default:
			said = append(said, someSource)
		}
	}
	return "(" + strings.Join(said, " or ") + ")", len(said) > 0
}

// word is the field that a name of CrowdSec's stands for.
func word(name string) (string, bool) {
	name = strings.TrimPrefix(name, "evt.")
	for line := range strings.Lines(words) {
		all := strings.Fields(line)
		if len(all) > 1 && slices.Contains(all[:len(all)-1], name) {
			return all[len(all)-1], true
		}
	}
	return "nil", false
}

// fieldsOf are the fields of an expression that joins them to a key.
func fieldsOf(key string) ([]string, error) {
	var fields []string
	for _, name := range named.FindAllString(key, -1) {
		field, ok := word(name)
		if ok {
			fields = append(fields, field)
		}
	}
	if len(fields) == 0 && key != "" {
		return nil, fmt.Errorf("%w %s", errNoWord, key)
	}
	return fields, nil
}

// upperPattern is a literal in upper case, but for what stands behind a backslash and the names of groups.
func upperPattern(s string) string {
	s = regexp.MustCompile(`\(\?P<\w+>`).ReplaceAllString(s, "(")
	out := []byte(strings.ToUpper(s))
	for i := range out {
		if i > 0 && s[i-1] == '\\' && len(out) == len(s) {
			out[i] = s[i]
		}
	}
	return string(out)
}
