package decode

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/ecs"
)

// guesses are what products call a thing: a field, then names without their separators and in small letters, the surest
// first. A record of no known format is of more use with them. A name holds for the end of a path, of one part or of
// two; one after = holds for a whole path alone, as it means other things below others.
const guesses = `
	source.ip               srcip sourceip sourceips srcips clientips sourceipaddress srcipaddress sourceipv4 srcipv4 clientip clientipaddress ipclient srcaddr ipsrc ipsource cip sourceaddress clientaddress remoteip remoteaddr remoteipaddress remoteaddress callerip calleripaddress attackerip actorip actoripaddress originip peerip requestip requesterip visitorip senderip userip loginip clientaddr initiatorip publicip clienthost xforwardedfor externalip publicipv4 sourceipv6address sourceipv4address endpointip clickip ipaddress =ip ipaddr =ipv4 =cip localip localhostip localaddress stationip originaddress station =source =src =client =remote =origin downstreamremoteaddress csip fromip accessdeviceip
	source.domain           srchost sourcehost sourcehostname srchostname clienthostname
	source.port             srcport sourceport clientport spt remoteport localport csport
	source.mac              srcmac sourcemac clientmac macaddress
	destination.ip          dstip destip destinationip destinationipaddress dstipaddress dstaddr destaddr destinationaddress destinationipv4 serverip serveripaddress targetip targetipaddress victimip destinationipv6address destinationipv4address ipdst remotehostip serveraddress resolvedip hostip downstreamlocaladdress vip cdip toip serveraddr upstreamaddr upstreamhost
	destination.port        dstport destport destinationport dpt serverport targetport cdport
	destination.domain      dsthost desthost desthostname dsthostname destinationhost destinationhostname destinationdomain serverhost
	network.transport       transport transportprotocol ipprotocol networkprotocol proto protocol l4proto ipproto protocolid
	http.request.method     httpmethod requestmethod reqmethod =method clientrequestmethod =request requestline httprequest
	user.name               username srcuser srcusername sourceusername loginname loginid accountname samaccountname userprincipalname useremail userlogin actoremail actorname actorlogin actorusername actoremailaddress actoralternateid subjectusername targetusername targetuseremail targetusername initiatedby requestedby performedby principalname principalemail usersname uname upn performedbyname loggedonuser useroriginator susr =suser =duser =upn =user =actor =account =login =email accountemail useridentityemail personemail employeeemail pusheremail adminid =operator emailaddress userdisplayname userid authorname authorusername authoremail loggeduser remoteuser clientusername performername initiatorname requestername computeruser deviceuser hostuser =users
	user.domain             userdomain accountdomain ntdomain
	host.name               hostname computername devicename endpointname machinename dvchost hostfqdn devicehostname computerdnsname assetname workstationname agentname agenthostname hostsname servername nodename =host =computer =device =machine =node =endpoint canaryname systemname vmname computerfqdn =dhost =shost
	host.ip                 deviceip endpointip machineip agentip canaryip
	process.command_line    processcommandline commandline cmdline processcmdline processcmd
	process.executable      processpath processimagepath imagepath imagefilename processexecutable processimage processfilepath executablepath exepath processexe exe =image
	process.name            processname procname processfilename imagename comm
	process.pid             processpid processid processospid pid procid
	process.parent.name     parentprocessname parentname parentprocessfilename
	process.parent.executable parentprocesspath parentpath parentimage
	process.parent.command_line parentprocesscommandline parentcommandline parentcmdline
	process.parent.pid      parentprocessid parentpid ppid
	file.path               filepath filefullpath targetfilepath objectpath
	file.name               filename targetfilename attachmentname
	file.hash.sha256        sha256 filesha256 sha256hash filehashsha256 sha256sum
	file.hash.sha1          sha1 filesha1 sha1sum
	file.hash.md5           md5 filemd5 md5hash md5sum
	dns.question.name       dnsquery queryname qname dnsquestion dnsrequest dnshostname
	url.original            =url requesturl =uri requesturi requestpath httppath httpurl httprequesturl weburl pageurl targeturl urloriginal urlfull clickurl phishingurl maliciousurl blockedurl destinationurl
	http.response.status_code httpstatus httpstatuscode statuscode responsestatus responsestatuscode downstreamstatus resstatuscode edgeresponsestatus responsecode =status
	http.request.referrer   referer referrer httpreferer
	url.domain              requesthost httphost vhost virtualhost clientrequesthost
	user_agent.original     useragent requestuseragent httpuseragent rawuseragent clientrequestuseragent
	rule.name               rulename alertname alerttitle signaturename detectionname threatname attackname malwarename virusname alertrulename eventtitle incidentname findingname findingtitle ruletitle detectiontitle alertdisplayname alertsignature accesscontrolrulename =signature =rule =threat policyname =title detection
	rule.id                 ruleid signatureid detectionid alertruleid
	rule.category           threatcategory alertcategory attackcategory detectiontype threattype alerttype
	event.action            eventname operationname eventaction actionname activityname =action =operation =activity eventtype actiontype =event typeaction
	event.code              eventcode eventid messageid eventtypeid
	event.reason            reason failurereason errormessage
	threat.technique.id     techniqueid mitretechniqueid mitreattackid attacktechnique
	email.from.address      fromaddress mailfromaddress senderaddress senderemail emailfrom mailfrom =sender =from
	email.to.address        toaddress toaddresses recipientaddress recipientemail emailto rcptto =recipient =recipients
	email.subject           emailsubject messagesubject =subject
	cloud.account.id        awsaccountid cloudaccountid recipientaccountid
	cloud.region            awsregion cloudregion
	organization.name       orgname organizationname =organization =org
	observer.vendor         devicevendor vendorname =vendor
	observer.product        deviceproduct productname =product`

// guessTimes are names of times, the surest first.
const guessTimes = `timestamp eventtime eventtimestamp time datetime eventdate occurredat occurredtime eventcreationtime createdat createdtime createddatetime
	creationtime createtime createdate created date detectedat detectiontime detecttime alerttime published observedat receivedtime receivedat received founddate firstseen
	firsteventtime starttime activitydatetime activitytime messagetime logtime unixtime calendartime timemillis epochsecond timestampseconds timegenerated timecreated asctime ts t generatedtime backendtimestamp when rt start timelocal clicktime servertimestamp startdatetime timesecondsepoch updatedat modified lastseen endtime`

// A guesser reads the records of no known format.
type guesser struct {
	fields                  []guessed
	words                   map[string]guessWord
	times                   map[string]int
	roles                   map[string]guessWord
	clues                   clues                // of the record
	met                     map[*name][]guessHit // what was found of names before
	found                   []guessHit
	keys                    map[string]*name // what keys alone may be
	infer                   *inference
	method, target, version *name
	domain                  *name // of a request, whose host is no host of ours

	program, executable *name
	derive              deriver
	ips                 map[*name]*name // of the names of ends: where addresses go
	ports               map[*name]*name // of the addresses of ends: where ports go that stand behind them
}

type guessed struct {
	to   *name
	kind ecs.Type
}

type guessWord struct {
	field, rank int
	whole       bool
}

// A guessHit says that a name may be a field: the lower its order, the surer.
type guessHit struct {
	field, order int
	at           int // the leaf
}

func newGuesser(d *dictionary) *guesser {
	g := &guesser{
		words: map[string]guessWord{}, times: map[string]int{}, roles: roles(), met: map[*name][]guessHit{}, keys: map[string]*name{}, infer: newInference(d), method: d.name("http.request.method"), target: d.name("url.original"), version: d.name("http.version"), domain: d.name("url.domain"), program: d.name("process.name"), executable: d.name("process.executable"), derive: newDeriver(d),
		ports: map[*name]*name{d.name("source.ip"): d.name("source.port"), d.name("destination.ip"): d.name("destination.port")},
		ips:   map[*name]*name{d.name("source.domain"): d.name("source.ip"), d.name("destination.domain"): d.name("destination.ip")},
	}
	for line := range strings.Lines(strings.TrimSpace(guesses)) {
		words := strings.Fields(line)
		to := d.name(words[0])
		for rank, word := range words[1:] {
			word, whole := strings.CutPrefix(word, "=")
			if _, taken := g.words[word]; !taken {
				g.words[word] = guessWord{field: len(g.fields), rank: rank, whole: whole}
			}
		}
		g.fields = append(g.fields, guessed{to: to, kind: to.kind})
	}
	for rank, word := range strings.Fields(guessTimes) {
		g.times[word] = rank
	}
	return g
}

// timeField is the field of a hit on a time.
const timeField = -1

// plainName is the end of a path, its last parts, in small letters and without separators.
func plainName(path string, parts int) string {
	from := 0
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			if parts--; parts == 0 {
				from = i + 1
				break
			}
		}
	}
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '_' || r == '-' || r == ' ' || r == '@' {
			return -1
		}
		return r
	}, strings.ToLower(path[from:]))
}

// envelopes is how many of a path's first parts say no more than that what is below them is the record.
func envelopes(path string) int {
	const most = 2
	n := 0
	for n < most {
		head, rest, ok := strings.Cut(path, ".")
		if !ok {
			break
		}
		switch strings.ToLower(head) {
		case "data", "event", "attributes", "properties", "alert", "detail", "details", "payload", "jsonpayload", "result", "record", "body", "fields", "log", "syslog", "entry", "audit_record":
			n, path = n+1, rest
		default:
			return n
		}
	}
	return n
}

// of is what a name may be, at most one field, one time and one clue.
func (g *guesser) of(n *name) []guessHit {
	hits, ok := g.met[n]
	if ok {
		return hits
	}
	const most = 4096 // names that are remembered: a stream of ever new ones must not grow it
	if len(g.met) >= most {
		clear(g.met)
	}
	depth, timed, fielded := strings.Count(n.text, ".")+1, false, false
	inner := depth - envelopes(n.text)
	for parts := min(depth, 3); parts > 0; parts-- {
		word := plainName(n.text, parts)
		whole := parts >= inner
		if w, ok := g.roles[word]; ok && (parts == inner || parts == depth) {
			hits = append(hits, guessHit{field: w.field, order: w.rank*8 + depth})
		}
		if w, ok := g.words[word]; ok && !fielded && (whole || !w.whole) {
			hits = append(hits, guessHit{field: w.field, order: w.rank*8 + depth})
			fielded = true
		}
		if rank, ok := g.times[word]; ok && (whole || len(word) > 2) {
			hits = append(hits, guessHit{field: timeField, order: rank*8 + depth})
			timed = true
			break
		}
	}
	const weaker = 1000 // than all that is known whole
	if !fielded && !timed {
		if w, dropped, ok := g.ending(n.text); ok {
			hits = append(hits, guessHit{field: w.field, order: (weaker+dropped*weaker+w.rank)*8 + depth})
		}
	}
	if !timed && timeLike(n.text) {
		hits = append(hits, guessHit{field: timeField, order: weaker*8 + depth})
	}
	g.met[n] = hits
	return hits
}

// key is the field that one key may be, nil for none.
func (g *guesser) key(key string) *name {
	const most, kept = 64, 4096 // bytes of a key, keys that are remembered
	if len(key) > most {
		return nil
	}
	n, ok := g.keys[key]
	if ok {
		return n
	}
	if len(g.keys) >= kept {
		clear(g.keys)
	}
	if w, ok := g.words[plainName(key, 1)]; ok {
		n = g.fields[w.field].to
	} else if w, _, ok := g.ending(key); ok {
		n = g.fields[w.field].to
	}
	g.keys[strings.Clone(key)] = n
	return n
}

// read sets what the names of the record tell.
func (g *guesser) read(in *doc, o *output) {
	g.found = g.found[:0]
	for i, l := range in.leaves {
		if l.name == nil {
			continue
		}
		for _, h := range g.of(l.name) {
			h.at = i
			g.found = append(g.found, h)
		}
	}
	slices.SortFunc(g.found, func(a, b guessHit) int {
		if a.field != b.field {
			return a.field - b.field
		}
		if a.order != b.order {
			return a.order - b.order
		}
		return a.at - b.at
	})
	g.clues = clues{g.clues.severities[:0], g.clues.outcomes[:0], g.clues.sorts[:0]}
	for _, h := range g.found {
		v := in.leaves[h.at].value
		if g.clues.take(h) {
			continue
		}
		if h.field == timeField {
			if o.time.IsZero() && !in.leaves[h.at].value.IsAbsent() {
				if t := timeOf(v); !t.IsZero() && !yearless(t) && t.Year() > 1990 && t.Year() < 2200 {
					o.time = g.dayTime(t, v, in.leaves[h.at].name, in).Add(in.fraction(in.leaves[h.at].name))
				}
			}
			continue
		}
		to := g.fields[h.field].to
		if to.text == "host.name" && in.leaves[h.at].name.last == "host" && o.has(g.method) {
			to = g.domain
		}
		switch {
		case to.barred == o.record:
		case !o.has(to):
			g.set(to, v, o)
		case to == g.method && !o.has(g.target): // a method of its own stands beside the first line
			g.request(v.Text(), o)
		}
	}
	g.derive.apply(o)
	g.infer.apply(in, g.clues, o)
}

// dayTime adds to a day the time of that day which stands beside it: "date": "2026-03-01", "time": "10:00:00".
func (g *guesser) dayTime(t time.Time, v tocsin.Value, at *name, in *doc) time.Time {
	day, ok := v.Str()
	if !ok || len(day) != len("2026-03-01") {
		return t
	}
	for _, l := range in.leaves {
		if l.name == nil || l.name.up != at.up || !strings.EqualFold(l.name.last, "time") && !strings.EqualFold(l.name.last, "start_time") {
			continue
		}
		if whole, ok := parseTime(day + " " + l.value.Text()); ok {
			return whole
		}
	}
	return t
}

// set sets a field that is believed only if its value is of the field's kind: one text or number, an address where
// that is due.
func (g *guesser) set(to *name, v tocsin.Value, o *output) {
	if v.Kind() == tocsin.List && v.Len() > 0 {
		v = v.At(0)
	}
	switch v.Kind() {
	case tocsin.String, tocsin.Int:
	default:
		return
	}
	text := strings.TrimSpace(v.Text())
	if to == g.program && wholePath(text) { // a whole path: its name follows from it
		to = g.executable
		if o.has(to) {
			return
		}
	}
	if ip := g.ips[to]; ip != nil && isAddress(text) {
		if to = ip; o.has(to) {
			return
		}
	}
	switch {
	case saysNothing(text) || strings.EqualFold(text, "null") || strings.EqualFold(text, "unknown"):
	case to.text == "host.name" && strings.Count(text, `\`) == 1: // a domain before it
		_, machine := splitPath(text)
		o.put(to, machine)
	case to.text == "user.name" && (text[0] <= '9' && isAddress(text) || strings.ContainsAny(text, "()/")), to.text == "host.name" && strings.Contains(text, "/"):
	case to.kind == ecs.IP:
		first, _, _ := strings.Cut(text, ",")
		if address, _, ok := strings.Cut(first, "/"); ok {
			first = address
		}
		first = strings.TrimSpace(first)
		address := withoutPort(first)
		o.address(to, nil, address)
		if at := g.ports[to]; at != nil && address != first && o.has(to) {
			if port, ok := digits(first[strings.LastIndexByte(first, ':')+1:], 1, 5); ok {
				o.set(at, tocsin.IntValue(int64(port)))
			}
		}
	case to.text == "http.response.status_code":
		if n, ok := digits(text, 3, 3); ok && n >= 100 && n < 600 {
			o.keep(to, tocsin.IntValue(int64(n)))
		}
	case to.kind == ecs.Long:
		if n, ok := whole(v); ok {
			o.set(to, n)
		}
	case to.text == "network.transport":
		switch t := transport(tocsin.StringValue(text)).Text(); t {
		case "tcp", "udp", "icmp", "ipv6-icmp", "sctp", "gre", "esp":
			o.put(to, t)
		}
	case to.text == "threat.technique.id":
		if len(text) > 4 && len(text) < 12 && text[0] == 'T' && strings.Trim(text[1:], "0123456789.") == "" {
			o.put(to, text)
		}
	case to.text == "http.request.method":
		g.request(text, o)
	case to.text == "dns.question.name":
		o.put(to, cmp.Or(strings.TrimSuffix(text, "."), text))
	case strings.HasPrefix(to.text, "file.hash."):
		if len(text) >= 32 && isHex(text) {
			o.put(to, strings.ToLower(text))
		}
	case strings.HasPrefix(to.text, "email.") && strings.HasSuffix(to.text, ".address") && !strings.Contains(text, "@"):
	default:
		o.set(to, tocsin.StringValue(text))
	}
}

// request sets the method of a request, with what it asks for where the text is its whole first line.
func (g *guesser) request(text string, o *output) {
	method, target, whole := strings.Cut(text, " ")
	target, version, spoken := strings.Cut(target, " HTTP/")
	if whole && !spoken {
		return
	}
	known := httpMethod(tocsin.StringValue(method))
	o.set(g.method, known)
	if whole && !known.IsAbsent() {
		o.put(g.target, target)
		o.put(g.version, version)
	}
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdefABCDEF") == "" }
