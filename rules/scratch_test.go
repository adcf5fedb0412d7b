package rules

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"testing"

	"github.com/klauspost/compress/zstd"
	"tocsin/ingest"
	"tocsin/ingest/decode"
)

func TestScratch(t *testing.T) {
	f, err := os.Open(os.Getenv("SCRATCH"))
	if err != nil {
		t.Skip()
	}
	var sc *bufio.Scanner
	if z, err := zstd.NewReader(f); err == nil && os.Getenv("PLAIN") == "" {
		sc = bufio.NewScanner(z)
	} else {
		sc = bufio.NewScanner(f)
	}
	sc.Buffer(nil, 4<<20)
	d, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	combos := map[string]int{}
	sample := map[string]string{}
	for sc.Scan() {
		a, rej := d.Decode(ingest.Record{Value: append([]byte(nil), sc.Bytes()...)})
		if rej != nil {
			combos["REJ "+rej.Reason]++
			continue
		}
		g := func(n string) string { return a.Fields.Get(n).Text() }
		k := fmt.Sprintf("%s mod=%s kind=%s cat=%s act=%s out=%s code=%s rule=%s sev=%s", a.Format, g("event.module"), g("event.kind"), g("event.category"), g("event.action"), g("event.outcome"), g("event.code"), g("rule.name"), g("event.severity"))
		combos[k]++
		if sample[k] == "" {
			s := ""
			for n, v := range a.Fields.All() {
				x := v.Text()
				if len(x) > 80 {
					x = x[:80]
				}
				if len(n) > 4 && (n[:5] == "wazuh" || n[:5] == "suric") { continue }
				s += "   " + n + "=" + x + "\n"
			}
			sample[k] = s
		}
	}
	var ks []string
	for k := range combos {
		ks = append(ks, k)
	}
	sort.Slice(ks, func(i, j int) bool { return combos[ks[i]] > combos[ks[j]] })
	for i, k := range ks {
		fmt.Println(combos[k], k)
		if i < 6 && os.Getenv("FULL") != "" {
			fmt.Print(sample[k])
		}
	}
}
