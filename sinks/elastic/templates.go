package elastic

import (
	"context"
	"fmt"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"tocsin/sinks"
)

// templates are the names of the templates that the set-up makes.
func (s *Store) templates() []string {
	p := s.config.Prefix
	return []string{p + "alerts", p + "register", p + "logs"}
}

// refuseTemplates refuses a cluster without our templates, or with those of another version, naming each: an index that
// Elasticsearch makes by itself would have other fields. The set-up's own note does not tell, as indices that were restored
// from a snapshot bring it along, and no templates. The right to monitor shows them; who may not ask is not refused.
func (s *Store) refuseTemplates(ctx context.Context) error {
	var reply struct {
		Templates []struct {
			Name     string `json:"name"`
			Template struct {
				Version int `json:"version"`
			} `json:"index_template"`
		} `json:"index_templates"`
	}
	req := func() esapi.Request {
		return esapi.IndicesGetIndexTemplateRequest{
			Name: s.config.Prefix + "*", FilterPath: []string{"index_templates.name", "index_templates.index_template.version"},
		}
	}
	err := s.ask(ctx, "templates", req, &reply, func() error { return nil })
	if denied(err) {
		s.health.recover(reading)
		return nil
	}
	if err != nil {
		return err
	}
	versions := map[string]int{}
	for _, t := range reply.Templates {
		versions[t.Name] = t.Template.Version
	}
	var missing, other []string
	for _, name := range s.templates() {
		switch version, ok := versions[name]; {
		case !ok:
			missing = append(missing, name)
		case version != schemaVersion:
			other = append(other, fmt.Sprintf("%s (%d)", name, version))
		}
	}
	switch {
	case len(missing) > 0:
		return fmt.Errorf("index templates %s are missing: run `tocsin setup elasticsearch`: %w", strings.Join(missing, ", "), sinks.ErrPermanent)
	case len(other) > 0:
		return fmt.Errorf("index templates %s are of another schema, this tocsin needs %d: run its `tocsin setup elasticsearch`: %w", strings.Join(other, ", "), schemaVersion, sinks.ErrPermanent)
	}
	return nil
}
