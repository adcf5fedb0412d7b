package decode

import (
	"strconv"
	"strings"
	"time"

	"tocsin"
)

// leefFields maps the predefined attributes of LEEF, and what vendors write beside them, to ECS. Vendors who also write CEF
// use its keys here: what is not listed means what it means there.
const leefFields = `
	src srcIP sourceip              source.ip
	srcPort srcport                 source.port
	srcMAC                          source.mac
	srcBytes                        source.bytes
	srcPackets                      source.packets
	srcPostNAT                      source.nat.ip
	srcPostNATPort                  source.nat.port
	srcHostName identHostName       source.domain
	dst dstIP destinationip         destination.ip
	dstPort dstport                 destination.port
	dstMAC                          destination.mac
	dstBytes                        destination.bytes
	dstPackets                      destination.packets
	dstPostNAT                      destination.nat.ip
	dstPostNATPort                  destination.nat.port
	dstHostName                     destination.domain
	totalPackets                    network.packets
	proto protocol                  network.transport
	usrName accountName userName suser user   user.name
	domain                          user.domain
	role                            user.roles
	groupID                         group.id
	identGrpName                    group.name
	resource                        host.name
	devName dvchost                 observer.hostname
	cat                             rule.category
	act action Action disp          event.action
	policy RuleName                 rule.ruleset
	url request                     url.original
	method                          http.request.method
	userAgent                       user_agent.original
	fileName fname                  file.name
	filePath                        file.path
	fileHash                        file.hash.any
	msg message reason              message
	Application app                 network.application
	direction                       network.direction`

// A leefReader reads IBM's Log Event Extended Format, versions 1 and 2, bare or behind a syslog header.
type leefReader struct {
	*cefReader
	others   []leefOther
	titles   []*cefTerm // the surest first
	gravity  *cefTerm
	came     *cefTerm          // isLoginEvent
	went     *cefTerm          // isLogoutEvent
	at       *cefTerm          // devTime
	layoutOf *cefTerm          // devTimeFormat
	layouts  *strings.Replacer // of Java's SimpleDateFormat to Go's
	java, of string            // the last one, and what it is in Go's
}

// A leefOther is an attribute that says a second time, or more weakly, what another one says: it counts where no other
// does, and stays among the rest in any case.
type leefOther struct {
	key     *cefTerm
	to      *name
	address bool
}

// leefOthers are such attributes: addresses before their translation, and what QRadar calls a device's identity.
const leefOthers = `
	srcPreNAT      source.ip
	identSrc       source.ip
	srcPreNATPort  source.port
	identNetBios   source.domain
	identMAC       source.mac
	dstPreNAT      destination.ip
	dstPreNATPort  destination.port
	vSrcName       host.name
	sender         host.name
	vSrc           host.ip
	realm          user.domain`

func leef(dec *Decoder) text {
	d := dec.doc.dict
	l := &leefReader{cefReader: newCEF(d, "leef", cefFields+leefFields), layouts: javaLayouts()}
	l.titles = l.asked("name", "eventName", "signatureName", "ruleName", "threatName", "EventMessage")
	more := l.asked("sev", "isLoginEvent", "isLogoutEvent", "devTime", "devTimeFormat")
	l.gravity, l.came, l.went, l.at, l.layoutOf = more[0], more[1], more[2], more[3], more[4]
	for line := range strings.Lines(leefOthers) {
		if words := strings.Fields(line); len(words) == 2 {
			d.tell(words[0], words[1])
			l.others = append(l.others, leefOther{l.asked(words[0])[0], d.name(words[1]), strings.HasSuffix(words[1], ".ip")})
		}
	}
	return text{claims: func(line string) bool { return leefStart(line) >= 0 }, read: l.read}
}

// leefStart finds where "LEEF:1.0|" or "LEEF:2.0|" stands in a line, -1 where it does not. As with CEF, a relay may have
// taken "LEEF:" for a program's name.
func leefStart(line string) int {
	if strings.IndexByte(line, '|') < 0 {
		return -1
	}
	at := strings.Index(line[:min(len(line), 512)], "LEEF:")
	if at < 0 {
		if strings.HasPrefix(line, "1.0|") || strings.HasPrefix(line, "2.0|") {
			if strings.Count(line, "|") >= 5 && strings.IndexByte(line, '=') > 0 {
				return 0
			}
		}
		return -1
	}
	rest := strings.TrimLeft(line[at+5:], " ")
	if len(rest) > 1 && (rest[0] == '1' || rest[0] == '2') && (rest[1] == '.' || rest[1] == '|') {
		return at
	}
	return -1
}

func (l *leefReader) read(line string, o *output) string {
	at := leefStart(line)
	if at < 0 {
		return "no LEEF header in " + excerpt(line)
	}
	var room [6]string
	parts := cutParts(strings.TrimLeft(strings.TrimPrefix(line[at:], "LEEF:"), " "), "|", room[:0])
	if len(parts) < 6 {
		return "the header has " + strconv.Itoa(len(parts)-1) + " of its 5 parts"
	}
	for i := range parts[:5] {
		parts[i] = strings.TrimSpace(parts[i])
	}
	h := headerBefore(line, at)
	l.memory = &o.doc.memory
	delimiter, attributes := leefDelimiter(parts[0], parts[5])
	if delimiter == "" {
		l.extension(attributes)
	} else {
		l.attributes(attributes, delimiter)
	}
	l.when(h, o)
	o.give(l.fixed)
	o.scale = ofTen
	o.put(l.cefVer, parts[0])
	for i, n := range [...]*name{l.vendor, l.product, l.version, l.code} {
		o.put(n, parts[i+1])
	}
	o.put(l.ruleID, parts[4])
	name := parts[4]
	for _, key := range l.titles {
		if v := l.said(key); v != "" {
			name = v
			break
		}
	}
	o.put(l.rule, name)
	if gravity := l.said(l.gravity); gravity != "" {
		if n, ok := cefSeverity(o.lower(gravity)); ok {
			o.put(l.cefSev, gravity)
			o.keep(l.severity, tocsin.IntValue(n))
			o.word(gravity)
		}
	}
	l.fields(o)
	for _, other := range l.others {
		switch v := l.said(other.key); {
		case v == "" || other.to == l.host && strings.Contains(v, "@"):
		case other.address:
			o.address(other.to, nil, v)
		default:
			o.set(other.to, tocsin.StringValue(v))
		}
	}
	l.likely(o)
	l.syslog.envelope(h, o)
	l.machine(o)
	l.visit(name, o)
	o.set(l.user, o.value(l.sourceUser))
	o.set(l.user, o.value(l.destUser))
	l.classify(name, o)
	l.derive.apply(o)
	return ""
}

// visit sets what the attributes for it say of a login or its end.
func (l *leefReader) visit(name string, o *output) {
	is := func(key *cefTerm) bool { return strings.EqualFold(l.said(key), "true") || l.said(key) == "1" }
	switch {
	case is(l.came):
		o.put(l.types, "start")
		o.put(l.outcome, loginResult(strings.ToLower(o.text(l.action.to)+" "+o.text(l.kind.to)+" "+name)))
	case is(l.went):
		o.put(l.types, "end")
	default:
		return
	}
	o.put(l.category, "authentication")
}

// leefDelimiter says what stands between the attributes. LEEF 2 may name it in a sixth part, as itself or its code;
// without that part it is a tab, or a bar as some vendors of LEEF 1 write it; "" where blanks took the tabs' place.
func leefDelimiter(version, rest string) (delimiter, attributes string) {
	if strings.HasPrefix(version, "2") {
		if part, after, ok := strings.Cut(rest, "|"); ok && len(part) <= 6 && !strings.Contains(part, "=") {
			switch code := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(part), "0"), "x"); {
			case part == "":
				return "\t", after
			case len(part) == 1:
				return part, after
			default:
				if n, err := strconv.ParseUint(code, 16, 21); err == nil {
					return string(rune(n)), after
				}
			}
			return part, after
		}
	}
	switch {
	case strings.Contains(rest, "\t"):
		return "\t", rest
	case strings.Contains(rest, "|"):
		return "|", rest
	case strings.Contains(rest, "^"):
		return "^", rest
	case strings.Contains(rest, "#011"): // a tabulator that a syslog daemon escaped
		return "#011", rest
	}
	return "", rest
}

// attributes reads "key=value" between delimiters. A piece without a key belongs to the value before it.
func (l *leefReader) attributes(s, delimiter string) {
	l.begin()
	var at *cefTerm
	from, end := 0, 0 // of the value
	for begin := 0; begin <= len(s); {
		stop := strings.IndexByte(s[begin:], delimiter[0])
		if len(delimiter) > 1 {
			stop = strings.Index(s[begin:], delimiter)
		}
		if stop += begin; stop < begin {
			stop = len(s)
		}
		if sign := strings.IndexByte(s[begin:stop], '='); sign >= 0 {
			k := s[begin : begin+sign]
			if k != "" && (k[0] <= ' ' || k[len(k)-1] <= ' ') {
				k = strings.TrimSpace(k)
			}
			if l.expected(k) || cefKey(k) {
				l.take(at, s[from:end])
				at, from = l.follow(k), begin+sign+1
			}
		}
		end, begin = stop, stop+len(delimiter)
	}
	l.take(at, s[from:end])
}

// when sets the time: devTime, in the layout that devTimeFormat gives in Java's letters; else the syslog header's.
func (l *leefReader) when(h header, o *output) {
	if text, layout := l.said(l.at), l.said(l.layoutOf); text != "" && layout != "" {
		if layout != l.java {
			l.java, l.of = strings.Clone(layout), l.layouts.Replace(layout)
		}
		if t, err := time.Parse(l.of, text); err == nil {
			o.time = t.UTC()
		}
	}
	if o.time.IsZero() {
		l.times(h, o)
	}
}

// javaLayouts makes of a layout of Java's SimpleDateFormat one in Go's form.
func javaLayouts() *strings.Replacer {
	return strings.NewReplacer("yyyy", "2006", "yy", "06", "MMMM", "January", "MMM", "Jan", "MM", "01", "dd", "02", "EEEE", "Monday", "EEE", "Mon",
		"HH", "15", "hh", "03", "mm", "04", "ss", "05", "SSS", "000", "a", "PM", "XXX", "Z07:00", "Z", "-0700", "z", "MST", "'", "", "d", "_2")
}
