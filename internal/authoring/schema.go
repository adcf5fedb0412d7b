package authoring

import (
	"fmt"
	"strings"

	"tocsin/classify"
	"tocsin/internal/fault"
	"tocsin/rules"
)

// Schema is the JSON Schema of a kind of file: rule, exceptions, scales or assets. Of rule it names the categories of the
// scale, so that editors complete them.
func Schema(file string, scales *classify.Scales) ([]byte, error) {
	switch file {
	case "rule":
		var types []string
		for _, c := range scales.Categories() {
			if strings.Contains(c, "/") {
				types = append(types, c)
			}
		}
		return rules.Schema(types)
	case "exceptions":
		return rules.ExceptionsSchema()
	case "scales":
		return classify.ScalesSchema()
	case "assets":
		return classify.AssetsSchema()
	case "regimes":
		return classify.RegimesSchema()
	}
	return nil, fmt.Errorf("no schema of %s: %s", file, fault.DidYouMean(file, []string{"rule", "exceptions", "scales", "assets", "regimes"}))
}
