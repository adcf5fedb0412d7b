package sigma

import (
	"slices"
	"testing"
)

// A set of fields has all that the sets have which it is like, and those that these are like, whatever the order in which they
// are read.
func TestFieldsAreComplete(t *testing.T) {
	t.Parallel()
	for range 200 {
		p, err := Shipped()
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range p.all {
			for name, set := range one.Fields {
				for base := one.Fields[set.Like]; base != nil; base = one.Fields[base.Like] {
					for field := range base.Map {
						if set.Map[field] == nil {
							t.Fatalf("%s: %s does not have %s of %s", one.Name, name, field, base.name)
						}
					}
				}
			}
		}
		for _, r := range p.routes(LogSource{Product: "windows", Service: "windefend"}) {
			if to, _, err := r.fields.find("EventID"); err != nil || !slices.Equal(to, []string{"winlog.event_id"}) {
				t.Fatalf("EventID of Defender is %v, %v", to, err)
			}
		}
	}
}
