package correlate

import "embed"

//go:embed testdata/*.txtar
var stories embed.FS

// Stories is the folder of the conformance stories, testdata/*.txtar, each named after its ruling: 06_the_windows_edge
// is about ruling 6. Package conformance plays them.
func Stories() embed.FS { return stories }
