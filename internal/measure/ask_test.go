package measure

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"tocsin"
)

// A word that no incident can have is refused, and not answered with nothing.
func TestAskKnowsItsWords(t *testing.T) {
	for text, want := range map[string]string{
		"metric=incidents&counted_as=incident,merged":                          `counted_as "incident,merged" is none of incident, false_positive`,
		"metric=incidents&status=opened&target_resolve=missed&root_cause=evil": `status "opened"`,
		"metric=incidents&disposition=fp":                                      "true_positive_impact",
		"metric=incidents&counted_as=incident&counted_as=merged":               "",
		"metric=incidents&root_cause=&disposition=&target_resolve=late":        "",
		"metric=incidents&team=anything,at+all&rule=x":                         "",
	} {
		values, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Ask(values, time.Now())
		if want == "" && err == nil {
			continue
		}
		if want == "" || err == nil || !errors.Is(err, tocsin.ErrQuery) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
