package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestPick(t *testing.T) {
	module := fstest.MapFS{
		"go.mod":    {Data: []byte("module m\n\ngo 1.26\n")},
		"pure/a.go": {Data: []byte("package pure\n\nfunc F() {}\n")},
		"pure/a_test.go": {Data: []byte(`package pure

func TestAlone(t *testing.T)    { F() }
func TestBeside(t *testing.T)   { for range 2 { go F() } }
func TestByHelper(t *testing.T) { h := helper{}; h.twice() }
func (helper) twice()           { var wg sync.WaitGroup; wg.Go(F) }
func TestServer(t *testing.T)   { h := open(t); _ = h }
func open(t *testing.T) string  { return os.Getenv("TOCSIN_TEST_ES") }
func Testimony(t *testing.T)    { go F() }
func BenchmarkF(b *testing.B)   { open(b) }
`)},
		"alone/a.go":       {Data: []byte("package alone\n\nimport \"m/pure\"\n\nfunc F() { pure.F() }\n")},
		"alone/a_test.go":  {Data: []byte("package alone_test\n\nfunc TestF(t *testing.T) { alone.F() }\n")},
		"busy/a.go":        {Data: []byte("package busy\n\nfunc F() { go func() {}() }\n")},
		"over/a.go":        {Data: []byte("package over\n\nimport \"m/busy\"\n\nfunc F() { busy.F() }\n")},
		"by/a_test.go":     {Data: []byte("package by\n\nimport \"m/over\"\n\nfunc TestF(t *testing.T) { over.F() }\n")},
		"client/a_test.go": {Data: []byte("package client\n\nimport \"github.com/segmentio/kafka-go/protocol\"\n\nfunc TestF(t *testing.T) { protocol.F() }\n")},
		"on/a_test.go":     {Data: []byte("package on\n\nimport \"m/client\"\n\nfunc TestF(t *testing.T) { client.F() }\n")},
		"main/main.go":     {Data: []byte("package main\n\nfunc run() { os.Getenv(`TOCSIN_TEST_KAFKA`) }\n")},
		"main/m_test.go":   {Data: []byte("package main\n\nfunc TestRun(t *testing.T) { run() }\nfunc TestOther(t *testing.T) {}\n")},
		"tools/x/go.mod":   {Data: []byte("module x\n")},
		"tools/x/a.go":     {Data: []byte("no Go")},
		"testdata/a.go":    {Data: []byte("no Go")},
	}
	for what, want := range map[string]string{
		"servers":    "./main TestRun\n./pure TestServer\n",
		"goroutines": "./by\n./client\n./pure TestBeside TestByHelper\n",
	} {
		var out strings.Builder
		if err := run(module, []string{what}, &out); err != nil || out.String() != want {
			t.Errorf("%s: %v\n%swant\n%s", what, err, out.String(), want)
		}
	}
	if err := run(module, []string{"all"}, &strings.Builder{}); err == nil {
		t.Error("no usage")
	}
}
