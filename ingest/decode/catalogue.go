package decode

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

//go:embed products/*.yaml
var productFiles embed.FS

// products are what is known of JSON that products send without a format of its own: mapping files as people write
// them, several in one file, of one maker or of one kind of product. They are loaded once.
var products = sync.OnceValue(func() []*Mapping {
	var all []*Mapping
	err := fs.WalkDir(productFiles, "products", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := productFiles.ReadFile(name)
		if err != nil {
			return err
		}
		line := 0
		for part := range bytes.SplitSeq(text, []byte("\n---\n")) {
			// The lines before keep their number, so that faults and failed tests name the place in the file.
			m, err := loadMapping(name, slices.Concat(bytes.Repeat([]byte("\n"), line), part), true)
			if err != nil {
				return err
			}
			line += bytes.Count(part, []byte("\n")) + 2
			m.guess = true
			all = append(all, m)
		}
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("a shipped product: %v", err)) //nolint:forbidigo // a bug: TestProducts loads them all
	}
	slices.SortFunc(all, func(a, b *Mapping) int { return strings.Compare(a.Format, b.Format) })
	return all
})

// A catalogue tells the products whose records are JSON of no format, and reads them.
type catalogue struct {
	readers []*mappingReader
	by      map[*name][]productSigns // by the first path of a set
	kind    *name
	claimed *mappingReader // the last record's, and its number
	record  uint64
}

// productSigns are one set of what tells a product.
type productSigns struct {
	reader *mappingReader
	set    int
}

func newCatalogue(dec *Decoder) *catalogue {
	c := &catalogue{by: map[*name][]productSigns{}, kind: dec.doc.dict.name("event.kind")}
	for _, m := range products() {
		r := newMappingReader(m, dec)
		r.prefix, r.whole = dec.doc.dict.name("json"), true
		c.readers = append(c.readers, r)
		for i, first := range r.anchors() {
			c.by[first] = append(c.by[first], productSigns{reader: r, set: i})
		}
	}
	return c
}

// object is the catalogue as a format.
func (c *catalogue) object() object {
	o := object{claims: func(in *doc) bool { return c.of(in) != nil }, read: func(in *doc, o *output) {
		r := c.claimed
		if c.record != in.record {
			r = c.of(in)
		}
		if r != nil {
			r.readObject(in, o)
		}
		o.put(c.kind, "event")
	}}
	for first := range c.by {
		o.anchors = append(o.anchors, first)
	}
	return o
}

// of is the product that the record is of, nil where none is known. No two products claim one record (TestProducts), so
// their order does not matter.
func (c *catalogue) of(in *doc) *mappingReader {
	c.claimed, c.record = nil, in.record
	for _, l := range in.leaves[1:] {
		if l.name == nil || l.name.anchors == 0 {
			continue
		}
		for _, p := range c.by[l.name] {
			if holdAll(p.reader.m.when[p.set], p.reader.tests[p.set], in) {
				c.claimed = p.reader
				return p.reader
			}
		}
	}
	return nil
}
