package app

import (
	"strings"

	"tocsin/internal/needtoknow"
)

// teamsOf are the response teams that somebody is a member of.
func (a *App) teamsOf(name string) (teams []string) {
	for _, text := range a.cfg.HTTP.Teams {
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
