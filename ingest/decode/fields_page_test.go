package decode

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFieldsPage holds docs/format-fields.md, which is written from the tables of the formats by -update.
func TestFieldsPage(t *testing.T) {
	const file = "../../docs/format-fields.md"
	var page strings.Builder
	page.WriteString(`# Fields of the formats

Which path of a record becomes which field, format by format, as the formats' own tables have it. The page is written from them (` + "`go test ./ingest/decode -run FieldsPage -update`" + `). [Formats](formats.md) says
what the tables cannot: kinds and categories, times, severities, and where all the rest stays. Of several paths the first that is there counts.
`)
	for _, f := range formats() {
		if !f.catalogue {
			writeFormat(&page, f.name, f)
			continue
		}
		for _, m := range products() {
			writeFormat(&page, "product: "+m.Format, format{wrapper: func(d *Decoder) object { return newMappingReader(m, d).object() }})
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(page.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(page.String(), string(have)); diff != "" {
		t.Errorf("the page is not what the tables say; -update writes it (-want +got):\n%s", diff)
	}
}

// writeFormat writes what a format tells of itself while it is made.
func writeFormat(page *strings.Builder, name string, f format) {
	d := &Decoder{limits: DefaultLimits(), doc: &doc{dict: newDictionary(), limits: DefaultLimits()}}
	d.out = newOutput(d.doc)
	from := map[string][]string{}
	d.doc.dict.told = func(path, field string) {
		if !slices.Contains(from[field], path) && path != field {
			from[field] = append(from[field], path)
		}
	}
	switch {
	case f.mapping:
		d.mapped(builtIn(f.name))
	case f.object != nil:
		f.object(d.doc.dict)
	case f.wrapper != nil:
		f.wrapper(d)
	case f.text != nil:
		f.text(d)
	}
	if len(from) == 0 {
		return
	}
	fmt.Fprintf(page, "\n## `%s`\n| field | from |\n|---|---|\n", name)
	for _, field := range slices.Sorted(maps.Keys(from)) {
		fmt.Fprintf(page, "| `%s` | `%s` |\n", field, strings.Join(from[field], "`, `"))
	}
}
