package enrich

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"tocsin"
	"tocsin/ingest/decode"
)

// A Database is what was read of one MMDB file.
type Database struct {
	File  string    `json:"file"`
	Type  string    `json:"type"` // as its makers call it: GeoLite2-City
	Hash  string    `json:"hash"`
	Built time.Time `json:"built"`
}

// A placer tells where addresses are, by one database.
type placer struct{ r *maxminddb.Reader }

// maxDatabase bounds a database: it is held in memory, so that a new file in its place changes nothing that is being read.
const maxDatabase = 1 << 30

var errTooLarge = errors.New("the database has more than 1 GiB")

func openDatabase(file string) (placer, Database, error) {
	info, err := os.Stat(file)
	if err != nil {
		return placer{}, Database{}, err
	}
	if info.Size() > maxDatabase {
		return placer{}, Database{}, errTooLarge
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return placer{}, Database{}, err
	}
	r, err := maxminddb.OpenBytes(data)
	if err != nil {
		return placer{}, Database{}, err
	}
	sum := sha256.Sum256(data)
	return placer{r}, Database{File: file, Type: r.Metadata.DatabaseType, Hash: hex.EncodeToString(sum[:]), Built: r.Metadata.BuildTime().UTC()}, nil
}

// A record is what is read of a database's, of whichever kind it is.
type record struct {
	Continent    named   `maxminddb:"continent"`
	Country      named   `maxminddb:"country"`
	Subdivisions []named `maxminddb:"subdivisions"`
	City         named   `maxminddb:"city"`
	Location     struct {
		Latitude  *float64 `maxminddb:"latitude"`
		Longitude *float64 `maxminddb:"longitude"`
		Zone      string   `maxminddb:"time_zone"`
	} `maxminddb:"location"`
	Number       uint64 `maxminddb:"autonomous_system_number"`
	Organization string `maxminddb:"autonomous_system_organization"`
}

type named struct {
	Code string `maxminddb:"code"`
	ISO  string `maxminddb:"iso_code"`
	Name struct {
		English string `maxminddb:"en"`
	} `maxminddb:"names"`
}

// place adds where the alert's addresses are and whose they are.
func (e *Enricher) place(a *decode.Additions) {
	for _, p := range e.places {
		text, ok := a.Get(p.ip).Str()
		if !ok {
			continue
		}
		ip, err := netip.ParseAddr(text)
		if err != nil || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
			continue
		}
		for _, g := range e.k.geo {
			var r record
			if found := g.r.Lookup(ip.WithZone("")); found.Err() == nil && found.Found() && found.Decode(&r) == nil {
				r.write(a, p.first)
			}
		}
	}
}

func (r *record) write(a *decode.Additions, first int) {
	a.SetText(first+pContinent, r.Continent.Code)
	a.SetText(first+pCountry, r.Country.ISO)
	a.SetText(first+pCountryName, r.Country.Name.English)
	if len(r.Subdivisions) > 0 {
		if code := r.Subdivisions[0].ISO; code != "" && r.Country.ISO != "" {
			a.SetText(first+pRegion, r.Country.ISO+"-"+code)
		}
		a.SetText(first+pRegionName, r.Subdivisions[0].Name.English)
	}
	a.SetText(first+pCity, r.City.Name.English)
	if l := r.Location; l.Latitude != nil && l.Longitude != nil {
		point := strconv.FormatFloat(*l.Latitude, 'f', -1, 64) + "," + strconv.FormatFloat(*l.Longitude, 'f', -1, 64)
		a.SetText(first+pLocation, point)
	}
	a.SetText(first+pZone, r.Location.Zone)
	if r.Number != 0 {
		a.Set(first+pNumber, tocsin.IntValue(int64(r.Number))) //nolint:gosec // numbers have 32 bits
	}
	a.SetText(first+pOrganization, r.Organization)
}
