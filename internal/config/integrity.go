package config

import (
	"fmt"
	"time"
)

// validateIntegrity reports what no checkpoint could be made with.
func (c *checker) validateIntegrity(cfg *Config) {
	in := cfg.Integrity
	if in.CheckpointEvery < time.Second {
		c.at("integrity.checkpoint_every", fmt.Sprintf("%v is less than a second", in.CheckpointEvery), "write 5m")
	}
	if !nameForm.MatchString(in.Name) {
		c.at("integrity.name", fmt.Sprintf("%q is no name for a register", in.Name), "use lower-case letters, digits, dots and dashes")
	}
	if in.AnchorTopic != "" && cfg.Mode != "kafka" {
		c.at("integrity.anchor_topic", "checkpoints go to a topic in mode kafka only", "name an integrity.anchor_file")
	}
	c.readable("integrity.key_file", in.KeyFile)
}
