package expression

import (
	"testing"
	"time"

	"tocsin"
)

// at is the event time of the tests: a Tuesday.
var testTime = time.Date(2026, 3, 3, 23, 30, 0, 0, time.UTC)

func testFields() tocsin.Fields {
	return tocsin.NewFields([]tocsin.Field{
		{Name: "user.name", Value: tocsin.StringValue("Alice")},
		{Name: "event.code", Value: tocsin.StringValue("4625")},
		{Name: "destination.port", Value: tocsin.IntValue(443)},
		{Name: "source.ip", Value: tocsin.StringValue("10.1.2.3")},
		{Name: "destination.ip", Value: tocsin.StringValue("::ffff:10.1.2.3")},
		{Name: "event.risk_score", Value: tocsin.FloatValue(1.5)},
		{Name: "tags", Value: tocsin.StringsValue("red", "green")},
		{Name: "ports", Value: tocsin.ListValue(tocsin.IntValue(80), tocsin.IntValue(8080), tocsin.NullValue())},
		{Name: "empty", Value: tocsin.ListValue()},
		{Name: "nulls", Value: tocsin.ListValue(tocsin.NullValue())},
		{Name: "null", Value: tocsin.NullValue()},
		{Name: "blank", Value: tocsin.StringValue("")},
		{Name: "yes", Value: tocsin.BoolValue(true)},
		{Name: "no", Value: tocsin.BoolValue(false)},
		{Name: "count", Value: tocsin.StringValue("12")},
		{Name: "process.command_line", Value: tocsin.StringValue(`C:\Windows\rundll32.exe comsvcs.dll, MiniDump 612`)},
		{Name: "seen", Value: tocsin.StringValue("2026-03-03T23:00:00Z")},
	})
}

func testTable() *Table {
	return New(Options{Lists: map[string]*List{
		"admins": NewList("admins", true, []string{"alice", "bob"}),
		"exact":  NewList("exact", false, []string{"alice"}),
	}})
}

// TestSemantics is the two-valued semantics, row by row. Each native form is tried a second time as a program, which
// must agree.
func TestSemantics(t *testing.T) {
	for text, want := range semantics {
		t.Run(text, func(t *testing.T) {
			table := testTable()
			for _, form := range []string{text, "any([1], " + text + ")"} {
				x, err := table.Compile(form, nil)
				if err != nil {
					t.Fatalf("%s: %v", form, err)
				}
				e := table.Evaluator()
				e.Load(testFields(), testTime)
				if got, err := e.Holds(x); got != want || err != nil {
					t.Errorf("%s = %v, %v; want %v", form, got, err, want)
				}
			}
		})
	}
}

var semantics = map[string]bool{
	// absent, null and the empty array
	`absent == "x"`: false, `absent != "x"`: false, `not (absent == "x")`: true, `not (absent != "x")`: true,
	`absent > 1`: false, `absent < 1`: false, `absent in ["x"]`: false, `absent not in ["x"]`: true,
	`absent contains "x"`: false, `not (absent contains "x")`: true, `absent matches "."`: false, `absent`: false,
	`absent == nil`: true, `absent != nil`: false, `null == nil`: true, `null != "x"`: false, `nulls == nil`: true,
	`empty == nil`: true, `empty != "x"`: false, `blank == nil`: false, `blank == ""`: true, `user.name != nil`: true,
	`cidr(absent, "0.0.0.0/0")`: false, `wild(absent, "*")`: false, `in_list(absent, "admins")`: false,
	`absent == other`: false, `absent != other`: false, `user.name != absent`: false, `lower(absent) == "x"`: false,
	`lower(absent) != "x"`: false, `len(absent) == 0`: false, `absent + 1 > 0`: false, `any(absent, # == "x")`: false,
	`all(absent, # == "x")`: true, `none(absent, true)`: true, `int(absent) == 0`: false, `(absent ?? "x") == "x"`: true,
	`absent[0] == "x"`: false, `-absent < 0`: false, `absent ? true : false`: false,
	// scalars
	`user.name == "Alice"`: true, `user.name == "alice"`: false, `user.name != "Bob"`: true, `user.name != "Alice"`: false,
	`"Alice" == user.name`: true, `fold(user.name) == "alice"`: true, `lower(user.name) != "alice"`: false,
	`upper(user.name) in ["ALICE"]`: true, `user.name in ["Bob", "Alice"]`: true, `user.name < "B"`: true,
	`destination.port == 443`: true, `destination.port == 443.0`: true, `destination.port >= 443`: true, `443 < destination.port`: false,
	`destination.port in [80, 443]`: true, `destination.port == "443"`: true, `event.code == 4625`: true, `event.code == "4625"`: true,
	`event.code == "04625"`: false, `count > 9`: true, `count > "9"`: false, `event.risk_score > 1`: true, `event.risk_score == 1.5`: true,
	`user.name > 5`: false, `user.name == 5`: false, `event.code startsWith "46"`: true, `destination.port startsWith "44"`: true,
	`event.code in [4624, 4625]`: true, `event.code in ["4625"]`: true, `destination.port in ["443"]`: true,
	`yes`: true, `no`: false, `not no`: true, `yes == true`: true, `no == false`: true, `absent == false`: false, `yes != false`: true,
	`yes == "true"`: false, `yes in [true]`: true,
	// arrays
	`tags == "red"`: true, `tags == "blue"`: false, `tags != "red"`: false, `tags != "blue"`: true, `"green" in tags`: true,
	`"blue" not in tags`: true, `tags contains "ree"`: true, `tags startsWith "g"`: true, `tags endsWith "d"`: true, `tags matches "^r.d$"`: true,
	`tags in ["green"]`: true, `ports > 8000`: true, `ports < 81`: true, `ports == 8080`: true, `len(tags) == 2`: true,
	`tags[0] == "red"`: true, `tags[-1] == "green"`: true, `tags[7] == "red"`: false, `any(tags, # startsWith "g")`: true,
	`all(tags, len(#) > 2)`: true, `count(tags, # == "red") == 1`: true, `one(tags, # == "red")`: true, `none(tags, # == "blue")`: true,
	`len(filter(ports, # > 100)) == 1`: true, `any(map(ports, # * 2), # == 160)`: true, `max(ports) == 8080`: true, `min(ports) == 80`: true,
	`find(tags, # contains "e") == "red"`: true, `lower(tags) == "red"`: true, `any(tags, # == user.name)`: false,
	// functions
	`cidr(source.ip, "10.0.0.0/8")`: true, `cidr(source.ip, "192.168.0.0/16", "10.1.2.3")`: true, `cidr(destination.ip, "10.0.0.0/8")`: true,
	`cidr(source.ip, "192.168.0.0/16")`: false, `wild(user.name, "al*")`: true, `wild(user.name, "?lice")`: true, `wild(user.name, "lic")`: false,
	`wild(user.name, "*LIC*")`: true, `wild(process.command_line, "*comsvcs*mini?ump*")`: true, `in_list(user.name, "admins")`: true,
	`in_list(user.name, "exact")`: false, `in_list(lower(user.name), "exact")`: true, `process.command_line matches "(?i)minidump"`: true,
	`process.command_line contains "comsvcs.dll"`: true, `process.command_line endsWith "612"`: true,
	`now().Hour() >= 22`: true, `now().Weekday() == 2`: true, `now() - date(seen) < duration("1h")`: true, `now() - date(seen) < duration("10m")`: false,
	`date(absent) < now()`: false, `split(user.name, "l")[1] == "ice"`: true, `trim(" x ") == "x"`: true, `unescape("%2E%2e/a+%zz%4") == "../a+%zz%4"`: true, `unescape("%41") == "A"`: true, `unescape(absent) == "x"`: false, `abs(-3) == 3`: true,
	`hasPrefix(user.name, "Al")`: true, `int(count) + 1 == 13`: true, `float(count) / 5 > 2.3`: true, `string(destination.port) == "443"`: true,
	`destination.port % 2 == 1`: true, `2 ** 3 == 8`: true, `round(1.6) == 2`: true,
	// connectives and precedence
	`true`: true, `false`: false, `not false`: true, `true and absent == 1`: false, `true or absent == 1`: true, `yes and not no`: true,
	`80 < destination.port < 500`: true, `user.name == "Alice" ? yes : no`: true, `user?.name == "Alice"`: true, `user["name"] == "Alice"`: true,
	`user.name | lower() == "alice"`: true, `let u = lower(user.name); u == "alice" or u == "bob"`: true, `!(yes and no)`: true, `"a" + "b" == "ab"`: true,
	`user.name == user.name`: true, `source.ip != destination.ip`: true, `tags == user.name`: false, `ports >= destination.port`: true,
}
