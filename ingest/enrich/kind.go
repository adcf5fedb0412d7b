package enrich

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// A kind is what an indicator is a value of. Values of different kinds never meet.
type kind uint8

const (
	noKind kind = iota
	address
	network
	domain
	below // a domain and all below it
	link
	md5Hash
	sha1Hash
	sha256Hash
	sha512Hash
	mail
)

// names are what people call the kinds; of the type column of a list, see kindOf.
var kindNames = [...]string{"", "ip", "cidr", "domain", "domain", "url", "md5", "sha1", "sha256", "sha512", "email"}

func (k kind) String() string { return kindNames[k] }

// words are the kinds by the words that feeds write for them.
var words = map[string]kind{
	"ip": address, "ipv4": address, "ipv6": address, "ipv4-addr": address, "ipv6-addr": address, "ip-src": address, "ip-dst": address, "ip:port": address,
	"ip_address": address, "dst_ip": address, "src_ip": address, "address": address, "ip-dst|port": address, "ip-src|port": address,
	"cidr": network, "network": network, "prefix": network, "subnet": network,
	"domain": domain, "domain-name": domain, "hostname": domain, "host": domain, "fqdn": domain,
	"url": link, "uri": link, "link": link,
	"md5": md5Hash, "md5_hash": md5Hash, "filehash-md5": md5Hash, "sha1": sha1Hash, "sha1_hash": sha1Hash, "filehash-sha1": sha1Hash,
	"sha256": sha256Hash, "sha256_hash": sha256Hash, "filehash-sha256": sha256Hash, "sha512": sha512Hash, "sha512_hash": sha512Hash,
	"email": mail, "email-addr": mail, "email-src": mail, "mail": mail,
}

// Limits of values. A longer one is on no list.
const (
	maxDomain = 253
	maxLink   = 8 << 10
	maxMail   = 320
)

// key appends the form in which values of a kind are compared; it is false for what is no value of the kind. A network is
// no key: see [prefixOf].
func (k kind) key(to []byte, text string) ([]byte, bool) {
	switch k {
	case address:
		return addressKey(to, text)
	case domain, below:
		return domainKey(to, text)
	case link:
		return linkKey(to, text)
	case md5Hash, sha1Hash, sha256Hash, sha512Hash:
		return hashKey(to, text, k.size())
	case mail:
		at := strings.LastIndexByte(text, '@')
		if at < 1 || at == len(text)-1 || len(text) > maxMail || strings.ContainsAny(text, " \t<>\"") {
			return to, false
		}
		return appendLower(to, text), true
	}
	return to, false
}

// size is how many bytes a hash has.
func (k kind) size() int {
	return [...]int{md5Hash: 16, sha1Hash: 20, sha256Hash: 32, sha512Hash: 64}[k]
}

func addressKey(to []byte, text string) ([]byte, bool) {
	if len(text) < 2 || len(text) > 64 {
		return to, false
	}
	if a, ok := dotted(text); ok {
		return append(to, a[:]...), true
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return to, false
	}
	return append(to, a.Unmap().WithZone("").AsSlice()...), true
}

// dotted reads an IPv4 address as [netip.ParseAddr] does, in a third of its time.
func dotted(text string) (a [4]byte, ok bool) {
	part, n, digits := 0, 0, 0
	for i := range len(text) {
		c := text[i]
		switch {
		case c-'0' < 10 && (digits == 0 || n > 0):
			n = n*10 + int(c-'0')
			digits++
		case c == '.' && digits > 0 && part < 3:
			a[part] = byte(n)
			part, n, digits = part+1, 0, 0
		default:
			return a, false
		}
		if n > 255 {
			return a, false
		}
	}
	a[part] = byte(n)
	return a, part == 3 && digits > 0
}

func hashKey(to []byte, text string, size int) ([]byte, bool) {
	if len(text) != 2*size {
		return to, false
	}
	to, err := hex.AppendDecode(to, []byte(text))
	return to, err == nil
}

// domainKey is a name in lower case and in its ASCII form, without the dot at its end.
func domainKey(to []byte, text string) ([]byte, bool) {
	text = strings.TrimSuffix(text, ".")
	if text == "" || len(text) > maxDomain {
		return to, false
	}
	start, dots, last := len(to), 0, byte('.')
	to = append(to, text...)
	name := to[start:]
	for i, c := range name {
		switch {
		case c-'a' < 26, c-'0' < 10, c == '-', c == '_':
		case c-'A' < 26:
			name[i] = c + 'a' - 'A'
		case c == '.' && last != '.':
			dots++
		case c >= utf8.RuneSelf:
			return asciiDomainKey(to[:start], text)
		default:
			return to, false
		}
		last = c
	}
	return to, dots > 0
}

// asciiDomainKey is [domainKey] of a name that is written with other letters.
func asciiDomainKey(to []byte, text string) ([]byte, bool) {
	plain, err := idna.Lookup.ToASCII(text)
	if err != nil {
		return to, false
	}
	return appendLower(to, plain), strings.Contains(plain, ".")
}

// linkKey is a URL with scheme and host in lower case, without user, default port and fragment; an empty path is /.
func linkKey(to []byte, text string) ([]byte, bool) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || scheme == "" || len(text) > maxLink {
		return to, false
	}
	for _, c := range []byte(scheme) {
		switch c {
		case '/', '?', '#', '.', ' ':
			return to, false
		}
	}
	start := len(to)
	to = append(appendLower(to, scheme), "://"...)
	rest, _, _ = strings.Cut(rest, "#")
	end := 0
	for end < len(rest) && rest[end] != '/' && rest[end] != '?' {
		end++
	}
	host := rest[strings.LastIndexByte(rest[:end], '@')+1 : end]
	switch string(to[start:]) {
	case "http://":
		host = strings.TrimSuffix(host, ":80")
	case "https://":
		host = strings.TrimSuffix(host, ":443")
	}
	if host == "" {
		return to, false
	}
	to = appendLower(to, host)
	if end == len(rest) || rest[end] == '?' {
		to = append(to, '/')
	}
	return append(to, rest[end:]...), true
}

func appendLower(to []byte, text string) []byte {
	start := len(to)
	to = append(to, text...)
	lower := to[start:]
	for i, c := range lower {
		if c-'A' < 26 {
			lower[i] = c + 'a' - 'A'
		}
	}
	return to
}

// refanged undoes what keeps people from clicking: hxxp, [.], [:], (dot).
func refanged(text string) string {
	if len(text) > 4 && strings.EqualFold(text[:4], "hxxp") {
		text = "http" + text[4:]
	}
	if !strings.ContainsAny(text, "[(") {
		return text
	}
	return strings.NewReplacer("[.]", ".", "(.)", ".", "[dot]", ".", "(dot)", ".", "[:]", ":", "[://]", "://", "[@]", "@", "[at]", "@").Replace(text)
}

// guessed is what kind of value a text is by its look, and the value in it: an address may have a port. noKind where that
// cannot be told.
func guessed(text string) (kind, string) {
	if _, err := netip.ParseAddr(text); err == nil {
		return address, text
	}
	if _, err := netip.ParsePrefix(text); err == nil {
		return network, text
	}
	if pair, err := netip.ParseAddrPort(text); err == nil {
		return address, pair.Addr().String()
	}
	switch {
	case strings.Contains(text, "://"):
		return link, text
	case strings.Contains(text, "@"):
		return mail, text
	}
	var room [64]byte
	for _, k := range []kind{md5Hash, sha1Hash, sha256Hash, sha512Hash} {
		if _, ok := k.key(room[:0], text); ok {
			return k, text
		}
	}
	if k, name := domainOf(text); k != noKind {
		return k, name
	}
	return noKind, text
}

// domainOf reads a name as lists write it: .example.com is the domain and all below it, *.example.com likewise.
func domainOf(text string) (kind, string) {
	k, name := domain, text
	for _, mark := range []string{"*.", "."} {
		if cut, ok := strings.CutPrefix(text, mark); ok {
			k, name = below, cut
			break
		}
	}
	var room [maxDomain + 1]byte
	if _, ok := domainKey(room[:0], name); !ok {
		return noKind, text
	}
	return k, name
}
