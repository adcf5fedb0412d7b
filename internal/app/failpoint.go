package app

import (
	"os"
	"path/filepath"

	"tocsin/internal/pipeline"
)

// failpoints kills this process, as kill -9 does, at the first place whose file it can take away; see
// [Options.Failpoints].
func failpoints(folder string) pipeline.Failpoint {
	if folder == "" {
		return nil
	}
	return func(place string) {
		if os.Remove(filepath.Join(folder, place)) != nil {
			return // not armed, or another one was quicker
		}
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Kill()
		}
		select {} // until it takes effect
	}
}
