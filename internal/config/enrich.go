package config

import (
	"fmt"
	"reflect"
	"time"

	"github.com/go-viper/mapstructure/v2"
)

// Enrich is what alerts get beside what their records say.
type Enrich struct {
	CommunityID      bool     `mapstructure:"community_id"`      // network.community_id
	RegisteredDomain bool     `mapstructure:"registered_domain"` // of every domain: registered_domain, top_level_domain, subdomain
	UserAgent        bool     `mapstructure:"user_agent"`        // user_agent.name and others of user_agent.original
	Databases        []string `mapstructure:"databases"`         // MMDB files: geo.* and as.* of addresses
	MaxIndicators    int      `mapstructure:"max_indicators"`    // of all lists together
	Lists            []List   `mapstructure:"lists"`
}

// A List is one list that values of alerts are looked up in.
type List struct {
	Name       string        `mapstructure:"name"`
	File       string        `mapstructure:"file"`
	Format     string        `mapstructure:"format" enum:"auto,plain,csv,stix"`
	IOC        bool          `mapstructure:"ioc"`         // false: no indicators of compromise; named in tocsin.lists alone
	StaleAfter time.Duration `mapstructure:"stale_after"` // age of the file at which it is told; 0s: never
}

func defaultEnrich() Enrich {
	return Enrich{CommunityID: true, RegisteredDomain: true, UserAgent: true, MaxIndicators: 2_000_000}
}

// decodeList starts each list from the defaults of a list.
func decodeList(_, to reflect.Type, data any) (any, error) {
	given, ok := data.(map[string]any)
	if to != reflect.TypeFor[List]() || !ok {
		return data, nil
	}
	list := List{Format: "auto", IOC: true}
	dec, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{Result: &list, ErrorUnused: true, WeaklyTypedInput: true, DecodeHook: decodeText})
	if err != nil {
		return nil, err
	}
	return list, dec.Decode(given)
}

func (c *checker) validateEnrich(e *Enrich) {
	if e.MaxIndicators <= 0 {
		c.at("enrich.max_indicators", "must be more than 0", "2000000 is the default")
	}
	for i, name := range e.Databases {
		c.readable(fmt.Sprintf("enrich.databases[%d]", i), name)
	}
	names := map[string]bool{}
	for i, l := range e.Lists {
		at := func(key, message, remedy string) {
			path := fmt.Sprintf("enrich.lists[%d]", i)
			if _, ok := c.places[path+"."+key]; ok {
				path += "." + key
			}
			c.at(path, message, remedy)
		}
		switch {
		case !nameForm.MatchString(l.Name):
			at("name", fmt.Sprintf("%q is no name of a list", l.Name), "use lower-case letters, digits, dots and dashes")
		case names[l.Name]:
			at("name", fmt.Sprintf("a list %q is there already", l.Name), "give each list its own name")
		}
		names[l.Name] = true
		if l.File == "" {
			at("file", "a list needs a file", "file: /etc/tocsin/indicators.csv")
			continue
		}
		path := fmt.Sprintf("enrich.lists[%d].file", i)
		c.readable(path, l.File)
	}
}
