package enrich

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tocsin/internal/fault"
)

// A List is what was read of one list.
type List struct {
	Name       string        `json:"name"`
	File       string        `json:"file"`
	Format     string        `json:"format"`
	IOC        bool          `json:"ioc"`
	Hash       string        `json:"hash"`     // SHA-256 of the file
	Entries    int           `json:"entries"`  // indicators
	Repeated   int           `json:"repeated"` // that it names more than once
	Unused     int           `json:"unused"`   // records that say nothing that a value of an alert can meet
	Changed    time.Time     `json:"changed"`  // the file
	StaleAfter time.Duration `json:"-"`
}

// Stale reports whether the list is older than it may be.
func (l *List) Stale(now time.Time) bool {
	return l.StaleAfter > 0 && now.Sub(l.Changed) > l.StaleAfter
}

// Limits of reading. What is beyond them is a fault, so that a list is used whole or not at all.
const (
	maxLine   = 64 << 10 // bytes of a line
	maxFaults = 50       // that are told of one list
	maxName   = 200      // bytes of what a list calls an indicator
	maxText   = 1 << 30  // bytes of all names
)

// A loader reads one list into the index.
type loader struct {
	x      *index
	list   *List
	number uint16
	most   int
	sum    hash.Hash
	faults fault.List
	key    []byte  // scratch
	places []place // of faults
	full   bool    // nothing more can be taken
}

// An indicator is one as a list writes it.
type indicator struct {
	kind       kind
	value      string
	name       string
	confidence int8
	from, to   int64
}

// errEnough ends the reading of a list that has too many faults.
var errEnough = errors.New("enough")

// loadList reads a list's file. What is wrong with it is all told at once.
func loadList(x *index, spec ListSpec, number, most int) (List, fault.List) {
	l := &loader{
		x: x, number: uint16(number), most: most, sum: sha256.New(),
		list: &List{Name: spec.Name, File: spec.File, IOC: !spec.Plain, StaleAfter: spec.StaleAfter},
	}
	f, err := os.Open(spec.File)
	if err != nil {
		return *l.list, fault.List{{File: spec.File, Message: err.Error(), Remedy: "name a file that can be read"}}
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		l.list.Changed = info.ModTime()
	}
	in := bufio.NewReaderSize(io.TeeReader(f, l.sum), maxLine)
	l.list.Format = formatOf(spec, in)
	switch l.list.Format {
	case "stix":
		err = l.stix(in)
	case "csv":
		err = l.csv(in)
	default:
		err = l.plain(in)
	}
	if err != nil && !errors.Is(err, errEnough) {
		l.unreadable(err)
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		l.unreadable(err)
	}
	l.list.Hash = hex.EncodeToString(l.sum.Sum(nil))
	return *l.list, l.located()
}

// unreadable notes that the file cannot be read on.
func (l *loader) unreadable(err error) {
	l.faults = append(l.faults, fault.Fault{File: l.list.File, Message: err.Error()})
	l.places = append(l.places, place{line: -1})
}

// formatOf tells a list's format by its configuration, its name or its beginning.
func formatOf(spec ListSpec, in *bufio.Reader) string {
	if spec.Format != "" && spec.Format != "auto" {
		return spec.Format
	}
	begins, _ := in.Peek(512)
	switch text := strings.TrimSpace(strings.TrimPrefix(string(begins), "\ufeff")); {
	case strings.HasPrefix(text, "{"):
		return "stix"
	case strings.EqualFold(filepath.Ext(spec.File), ".csv"):
		return "csv"
	}
	return "plain"
}

// take puts an indicator into the index; fault is what is wrong with it, "" where nothing is.
func (l *loader) take(i indicator, line int) (message, remedy string) {
	if l.x.count() >= l.most {
		l.full = true
		return fmt.Sprintf("all lists together have more than %d indicators", l.most), "raise enrich.max_indicators, or take a list out"
	}
	if len(l.x.text) > maxText {
		l.full = true
		return fmt.Sprintf("the names of all lists' indicators together have more than %d bytes", maxText), "take a list out"
	}
	e := entry{saying: saying{line: uint32(line)}, kind: i.kind}
	if i.kind == network {
		return l.takeNetwork(e, i)
	}
	if i.kind == domain {
		if e.kind, i.value = domainOf(i.value); e.kind == noKind {
			return quoted(i.value) + " is no domain", "write evil.example, or .evil.example for it and all below it"
		}
	}
	if i.kind == address {
		if pair, err := netip.ParseAddrPort(i.value); err == nil {
			i.value = pair.Addr().String()
		}
	}
	var ok bool
	if l.key, ok = e.kind.key(l.key[:0], i.value); !ok {
		return fmt.Sprintf("%s is no %s", quoted(i.value), e.kind), remedyFor(e.kind)
	}
	if e.kind == below {
		l.x.labels = max(l.x.labels, 1+strings.Count(string(l.key), "."))
	}
	e.meta = l.meta(i)
	l.count(l.x.add(e, l.key))
	return "", ""
}

func (l *loader) takeNetwork(e entry, i indicator) (message, remedy string) {
	p, err := netip.ParsePrefix(i.value)
	switch {
	case err != nil:
		return quoted(i.value) + " is no network", "write 192.0.2.0/24"
	case p.Masked() != p:
		return quoted(i.value) + " names a host inside the network", "write " + p.Masked().String() + ", or the address without /" + strconv.Itoa(p.Bits())
	case p.Bits() == 0:
		return quoted(i.value) + " is every address", "name the networks that are meant"
	}
	e.meta = l.meta(i)
	if p.IsSingleIP() {
		e.kind = address
		l.key, _ = addressKey(l.key[:0], p.Addr().String())
		l.count(l.x.add(e, l.key))
		return "", ""
	}
	l.count(l.x.addNetwork(e, p))
	return "", ""
}

func (l *loader) meta(i indicator) uint32 {
	if len(i.name) > maxName {
		i.name = strings.ToValidUTF8(i.name[:maxName], "") + "…"
	}
	return l.x.meta(l.number, strings.ToValidUTF8(i.name, "\ufffd"), i.confidence, i.from, i.to)
}

func (l *loader) count(added bool) {
	if added {
		l.list.Entries++
	} else {
		l.list.Repeated++
	}
}

// quoted is a value as a fault shows it.
func quoted(text string) string {
	const most = 60
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most]) + "…"
	}
	return fmt.Sprintf("%q", text)
}

func remedyFor(k kind) string {
	switch k {
	case address:
		return "write 192.0.2.1, or 192.0.2.0/24 for a network"
	case link:
		return "write it with its scheme: http://evil.example/path"
	case md5Hash, sha1Hash, sha256Hash, sha512Hash:
		return fmt.Sprintf("it has %d hexadecimal digits", 2*k.size())
	}
	return ""
}
