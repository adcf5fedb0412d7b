package notify

import (
	"errors"
	"fmt"
	"reflect"
	"text/template"
)

// A plan is what a courier goes by: the configuration, and what was made of it. It never changes; another one takes its
// place.
type plan struct {
	config      *Config
	title, text *template.Template
	lines       map[string]*wire // by receiver
}

// plan makes what a courier goes by. A receiver that is as before stays what it is: who failed a moment ago is left alone
// as long.
func (d *Courier) plan(c *Config, before map[string]*wire) (*plan, error) {
	p := &plan{config: c, lines: map[string]*wire{}}
	title, text := c.Title, c.Text
	if title == "" {
		title = titleTemplate
	}
	if text == "" {
		text = textTemplate
	}
	var err, err2 error
	p.title, err = parse("title", title)
	p.text, err2 = parse("text", text)
	errs := []error{err, err2}
	for _, rc := range c.Receivers {
		if w := before[rc.Name]; w != nil && reflect.DeepEqual(w.config, rc) {
			p.lines[rc.Name] = w
			continue
		}
		r, err := open(rc, d.Publisher, d.Now)
		if err != nil {
			errs = append(errs, fmt.Errorf("receiver %s: %w", rc.Name, err))
			continue
		}
		p.lines[rc.Name] = &wire{Receiver: r, config: rc}
	}
	return p, errors.Join(errs...)
}

// Reload puts another configuration in force, for what is told and sent from now on; a message under way is sent as it
// was begun. On an error the one before stays. What waits for a receiver that is there no more ends undelivered, see
// [Courier.Sort].
func (d *Courier) Reload(c *Config) error {
	before := d.going.Load().lines
	p, err := d.plan(c, before)
	if err != nil {
		return err
	}
	d.going.Store(p)
	for name := range before {
		if p.lines[name] == nil {
			d.metrics.failing.DeleteLabelValues(name)
			d.metrics.waiting.DeleteLabelValues(name)
		}
	}
	return nil
}
