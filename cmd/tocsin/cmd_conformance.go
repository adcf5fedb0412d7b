package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tocsin/internal/conformance"
)

func newConformance() *cobra.Command {
	var output, show string
	var list bool
	cmd := &cobra.Command{
		Use:   "conformance [STORY...]",
		Short: "Play the conformance stories on this binary's engine and say which of them pass",
		Long:  "A story is a short log and the events that the correlation engine makes of it. A word that is part of a story's name selects it; no word selects all.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if show != "" {
				args = []string{show}
			}
			stories, err := selectStories(args)
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			switch {
			case show != "":
				return showStory(w, stories)
			case list:
				return listStories(w, output, stories)
			default:
				return playStories(w, output, stories)
			}
		},
	}
	cmd.Flags().StringVar(&show, "show", "", "print this `story`: its prose, its rules, its log and what the engine says to it")
	cmd.Flags().BoolVar(&list, "list", false, "list the stories without playing them")
	outputFlag(cmd, &output)
	return cmd
}

// selectStories are the stories whose names hold one of words; all for no word.
func selectStories(words []string) ([]conformance.Story, error) {
	stories, err := conformance.Stories()
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return stories, nil
	}
	chosen := map[string]bool{}
	for _, word := range words {
		found := false
		for _, s := range stories {
			if strings.Contains(s.Name, word) {
				chosen[s.Name], found = true, true
			}
		}
		if !found {
			return nil, coded(exitUnusable, fmt.Errorf("no story %s; `tocsin conformance --list` shows them", word))
		}
	}
	var out []conformance.Story
	for _, s := range stories {
		if chosen[s.Name] {
			out = append(out, s)
		}
	}
	return out, nil
}

func showStory(w io.Writer, stories []conformance.Story) error {
	for _, s := range stories {
		r := s.Play()
		if _, err := fmt.Fprintf(w, "%s: %s\n\n%s", s.Name, verdict(r.Passed()), s.Text); err != nil {
			return err
		}
		if !r.Passed() {
			fmt.Fprintf(w, "-- difference --\n%s", r.Difference())
			return coded(exitFindings, errFindings)
		}
	}
	return nil
}

// played is one row of the table.
type played struct {
	Story      string `json:"story"`
	Rulings    []int  `json:"rulings"`
	Kind       string `json:"kind,omitempty"`
	Shows      string `json:"shows"`
	Passed     *bool  `json:"passed,omitempty"`     // left out where it was not played
	Difference string `json:"difference,omitempty"` // lines that were wanted (-) and said (+)
}

func rowOf(s conformance.Story) played {
	return played{Story: s.Name, Rulings: s.Rulings, Kind: s.Kind, Shows: s.Shows}
}

func (p played) rulings() string {
	words := make([]string, len(p.Rulings))
	for i, n := range p.Rulings {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ",")
}

func listStories(w io.Writer, output string, stories []conformance.Story) error {
	rows := make([]played, 0, len(stories))
	for _, s := range stories {
		rows = append(rows, rowOf(s))
	}
	return printRows(w, output, rows, "RULING\tSTORY\tSHOWS", func(p played) string {
		return fmt.Sprintf("%s\t%s\t%s", p.rulings(), p.Story, p.Shows)
	})
}

func verdict(passed bool) string {
	if passed {
		return "passed"
	}
	return "FAILED"
}

// playStories plays the stories and prints a row for each, and for those that failed what was said instead.
func playStories(w io.Writer, output string, stories []conformance.Story) error {
	rows, failed, rulings := make([]played, 0, len(stories)), 0, map[int]bool{}
	var differences strings.Builder
	for _, s := range stories {
		r := s.Play()
		row, passed := rowOf(s), r.Passed()
		row.Passed = &passed
		if !passed {
			failed++
			row.Difference = r.Difference()
			fmt.Fprintf(&differences, "\n%s: - was wanted, + was said\n%s", s.Name, row.Difference)
		}
		for _, n := range s.Rulings {
			rulings[n] = true
		}
		rows = append(rows, row)
	}
	err := printRows(w, output, rows, "RULING\tSTORY\tRESULT\tSHOWS", func(p played) string {
		return fmt.Sprintf("%s\t%s\t%s\t%s", p.rulings(), p.Story, verdict(*p.Passed), p.Shows)
	})
	if err == nil && output == "table" {
		_, err = fmt.Fprintf(w, "%s\n%d stories of %d rulings: %d passed, %d failed\n", differences.String(), len(stories), len(rulings), len(stories)-failed, failed)
	}
	if err == nil && failed > 0 {
		return coded(exitFindings, errFindings)
	}
	return err
}
