package enrich

import (
	"strings"

	"github.com/mileusna/useragent"

	"tocsin/ingest/decode"
)

// Limits of user agents: longer ones are written by no browser, and what was parsed is kept for the next alert.
const (
	maxAgent  = 512
	maxAgents = 1024 // then all are forgotten
)

// An agent is what a user agent says of its browser.
type agent struct{ name, version, os, osVersion, device string }

// agent adds what user_agent.original says.
func (e *Enricher) agent(a *decode.Additions) {
	if !a.Has(fAgent) || a.Has(fAgentName) {
		return
	}
	text, ok := a.Get(fAgent).Str()
	if !ok || text == "" || len(text) > maxAgent {
		return
	}
	known, ok := e.agents[text]
	if !ok {
		text = strings.Clone(text)
		p := useragent.Parse(text)
		known = agent{p.Name, p.Version, p.OS, p.OSVersion, p.Device}
		if len(e.agents) >= maxAgents {
			clear(e.agents)
		}
		e.agents[text] = known
	}
	a.SetText(fAgentName, known.name)
	a.SetText(fAgentVersion, known.version)
	a.SetText(fAgentOS, known.os)
	a.SetText(fAgentOSVersion, known.osVersion)
	a.SetText(fAgentDevice, known.device)
}
