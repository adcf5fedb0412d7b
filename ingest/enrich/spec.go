package enrich

import (
	"cmp"
	"time"
)

// A Spec says what alerts are enriched with.
type Spec struct {
	Lists            []ListSpec
	Databases        []string // MMDB files: where addresses are, whose they are
	Most             int      // indicators of all lists together; 0: 2,000,000
	CommunityID      bool     // network.community_id
	RegisteredDomain bool     // registered_domain, top_level_domain and subdomain of every domain
	UserAgent        bool     // user_agent.* of user_agent.original
}

// A ListSpec is one list of indicators.
type ListSpec struct {
	Name       string
	File       string
	Format     string        // plain, csv or stix; "" or auto: by its name and beginning
	Plain      bool          // no list of indicators of compromise: it is named in tocsin.lists alone
	StaleAfter time.Duration // how old the file may become; 0: as old as it wants
}

func (s *Spec) most() int { return cmp.Or(s.Most, 2_000_000) }

// Nothing reports whether nothing is added to any alert.
func (s *Spec) Nothing() bool {
	return len(s.Lists) == 0 && len(s.Databases) == 0 && !s.CommunityID && !s.RegisteredDomain && !s.UserAgent
}
