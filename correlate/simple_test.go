package correlate

import (
	"fmt"
	"time"

	"tocsin"
)

// simple is match number i of a rule with one group field, so many seconds after the epoch.
func simple(rule string, i, seconds int) tocsin.Match {
	at := epoch.Add(time.Duration(seconds) * time.Second)
	return tocsin.Match{
		Rule: rule, Set: "set", Tenant: "default", Conditions: 1,
		Key: []tocsin.Value{tocsin.StringValue("k")}, Values: []tocsin.Value{tocsin.StringValue(fmt.Sprint("v", i))},
		Alert: tocsin.AlertRef{
			ID: tocsin.Hash("simple", fmt.Sprint(i)), Source: "src", Time: at, Received: at,
			Ref: tocsin.Ref{Topic: "alerts", Offset: int64(i)},
		},
	}
}
