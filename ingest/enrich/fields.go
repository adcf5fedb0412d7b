package enrich

// The fields that are read and added, by what is done with them. Their places in fieldNames are what the code calls them by.
const (
	fEnrichment  = iota // tocsin.enrichment
	fLists              // tocsin.lists
	fType               // of the indicators that were met
	fName               //
	fProvider           //
	fConfidence         //
	fIndicatorIP        //
	fIndicatorURL
	fIndicatorDomain
	fIndicatorMail
	fIndicatorMD5
	fIndicatorSHA1
	fIndicatorSHA256
	fIndicatorSHA512
	fAtomic // the value that was met
	fField  // and the field that has it
	fMatched
	fCommunity
	fTransport
	fIANA
	fSourcePort
	fDestinationPort
	fICMPType
	fICMPCode
	fAgent
	fAgentName
	fAgentVersion
	fAgentOS
	fAgentOSVersion
	fAgentDevice
	fSourceIP
	fDestinationIP
	fFirst // of the fields that are looked up; then come those of domains and places
)

var fixedNames = [fFirst]string{
	fEnrichment: "tocsin.enrichment", fLists: "tocsin.lists",
	fType: "threat.indicator.type", fName: "threat.indicator.name", fProvider: "threat.indicator.provider", fConfidence: "threat.indicator.confidence",
	fIndicatorIP: "threat.indicator.ip", fIndicatorURL: "threat.indicator.url.full", fIndicatorDomain: "threat.indicator.url.domain",
	fIndicatorMail: "threat.indicator.email.address", fIndicatorMD5: "threat.indicator.file.hash.md5", fIndicatorSHA1: "threat.indicator.file.hash.sha1",
	fIndicatorSHA256: "threat.indicator.file.hash.sha256", fIndicatorSHA512: "threat.indicator.file.hash.sha512",
	fAtomic: "threat.enrichments.matched.atomic", fField: "threat.enrichments.matched.field", fMatched: "threat.enrichments.matched.type",
	fCommunity: "network.community_id", fTransport: "network.transport", fIANA: "network.iana_number",
	fSourcePort: "source.port", fDestinationPort: "destination.port", fICMPType: "suricata.icmp_type", fICMPCode: "suricata.icmp_code",
	fAgent: "user_agent.original", fAgentName: "user_agent.name", fAgentVersion: "user_agent.version", fAgentOS: "user_agent.os.name",
	fAgentOSVersion: "user_agent.os.version", fAgentDevice: "user_agent.device.name",
	fSourceIP: "source.ip", fDestinationIP: "destination.ip",
}

// lookups are the fields whose values are looked up in lists, by the kind of value they hold.
var lookups = []struct {
	kind   kind
	fields []string
}{
	{address, []string{
		"source.ip", "destination.ip", "client.ip", "server.ip", "host.ip", "source.nat.ip", "destination.nat.ip", "dns.resolved_ip", "network.forwarded_ip",
	}},
	{domain, []string{"source.domain", "destination.domain", "client.domain", "server.domain", "url.domain", "dns.question.name", "tls.client.server_name"}},
	{link, []string{"url.full", "url.original", "http.request.referrer"}},
	{md5Hash, []string{"file.hash.md5", "process.hash.md5", "process.parent.hash.md5", "dll.hash.md5"}},
	{sha1Hash, []string{"file.hash.sha1", "process.hash.sha1", "process.parent.hash.sha1", "dll.hash.sha1"}},
	{sha256Hash, []string{"file.hash.sha256", "process.hash.sha256", "process.parent.hash.sha256", "dll.hash.sha256"}},
	{sha512Hash, []string{"file.hash.sha512", "process.hash.sha512", "process.parent.hash.sha512", "dll.hash.sha512"}},
	{mail, []string{"email.from.address", "email.sender.address", "email.reply_to.address", "email.to.address"}},
}

// domainFields are the objects of ECS that have a domain and its parts.
var domainFields = []struct{ name, object string }{
	{"url.domain", "url"},
	{"dns.question.name", "dns.question"},
	{"source.domain", "source"},
	{"destination.domain", "destination"},
	{"client.domain", "client"},
	{"server.domain", "server"},
}

// placeFields are the objects of ECS that have an address and where it is.
var placeFields = []string{"source", "destination", "client", "server"}

// The parts of a place, in the order in which their fields stand.
const (
	pContinent = iota
	pCountry
	pCountryName
	pRegion
	pRegionName
	pCity
	pLocation
	pZone
	pNumber
	pOrganization
	placeParts
)

var placeNames = [placeParts]string{
	"geo.continent_code", "geo.country_iso_code", "geo.country_name", "geo.region_iso_code", "geo.region_name", "geo.city_name", "geo.location",
	"geo.timezone", "as.number", "as.organization.name",
}

// A layout says where fields stand among those that an enricher declares.
type layout struct {
	names   []string
	lookups []looked
	domains []parts
	places  []located
}

// A looked is a field that is looked up.
type looked struct {
	field int
	kind  kind
}

// parts are a domain and the three fields made of it; located an address and the first of the fields of its place.
type (
	parts   struct{ domain, registered, top, sub int }
	located struct{ ip, first int }
)

func newLayout() layout {
	l := layout{names: fixedNames[:]}
	at := map[string]int{}
	for i, name := range l.names {
		at[name] = i
	}
	field := func(name string) int {
		i, ok := at[name]
		if !ok {
			i = len(l.names)
			at[name] = i
			l.names = append(l.names, name)
		}
		return i
	}
	for _, group := range lookups {
		for _, name := range group.fields {
			l.lookups = append(l.lookups, looked{field(name), group.kind})
		}
	}
	for _, d := range domainFields {
		l.domains = append(l.domains, parts{field(d.name), field(d.object + ".registered_domain"), field(d.object + ".top_level_domain"), field(d.object + ".subdomain")})
	}
	for _, object := range placeFields {
		p := located{ip: field(object + ".ip"), first: len(l.names)}
		for _, part := range placeNames {
			field(object + "." + part)
		}
		l.places = append(l.places, p)
	}
	return l
}

// Added are the fields that alerts are enriched with.
func Added() map[string]bool {
	l := newLayout()
	added := map[string]bool{}
	for _, name := range l.names {
		added[name] = true
	}
	for _, f := range l.lookups {
		delete(added, l.names[f.field])
	}
	for _, f := range []int{fTransport, fIANA, fSourcePort, fDestinationPort, fICMPType, fICMPCode, fAgent} {
		delete(added, l.names[f])
	}
	return added
}
