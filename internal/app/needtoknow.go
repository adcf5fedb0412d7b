package app

import (
	"slices"
	"strings"

	"tocsin"
	"tocsin/internal/config"
	"tocsin/internal/needtoknow"
)

// members are who is in which team, as http.teams says now: a hangup may have changed it since the start.
func (a *App) members() []string {
	if now := a.teams.Load(); now != nil {
		return *now
	}
	return a.cfg.HTTP.Teams
}

// regroup puts the teams of a configuration in force. It returns what else of the configuration is another one and needs
// a restart.
func (a *App) regroup(cfg config.Config) []string {
	if !slices.Equal(a.members(), cfg.HTTP.Teams) {
		a.teams.Store(new(slices.Clone(cfg.HTTP.Teams)))
	}
	cfg.HTTP.Teams = a.cfg.HTTP.Teams
	return config.Changed(a.cfg, cfg)
}

// grouping is the version of the teams, "" where there never were any.
func (a *App) grouping() string {
	if a.teams.Load() == nil && len(a.cfg.HTTP.Teams) == 0 {
		return ""
	}
	return tocsin.Hash(append([]string{"teams"}, a.members()...)...)
}

// teamsOf are the response teams that somebody is a member of.
func (a *App) teamsOf(name string) (teams []string) {
	for _, text := range a.members() {
		if team, person, _ := strings.Cut(text, "="); person == name {
			teams = append(teams, team)
		}
	}
	return teams
}

// view is the register as API and page show it: to each what he may know of.
func (a *App) view(s store) *needtoknow.View {
	return needtoknow.New(a.register(s), s, a.teamsOf, a.trail(s))
}
