package rules

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
	"golang.org/x/mod/semver"

	"tocsin"
	"tocsin/internal/fault"
	"tocsin/rules/sigma"
)

// sigmaDraft is a Sigma rule or correlation that waits for the filters and rules of all files.
type sigmaDraft struct {
	*reader
	node        *yaml.Node
	rule        *sigma.Rule        // of a correlation: what its document says of itself
	correlation *sigma.Correlation // nil for a rule
	used        bool               // a correlation names it
	silent      bool               // a correlation uses it and it makes no events of its own
	refused     bool               // it was read and cannot be used; what it silences stays silent
	depth       int                // of the correlations that it rests on
	chained     bool               // it rests on one
	made        *Rule
	refusal     *sigma.Refusal
	making      bool
}

// sigmaDocument takes one Sigma document of a file.
func (l *loader) sigmaDocument(r *reader, root *yaml.Node) {
	if refusal := sigma.Plain(root); refusal != nil {
		l.refuse(r, refusal)
		return
	}
	filter, refusal := sigma.ReadFilter(root)
	if refusal == nil && filter != nil {
		l.sigmaFilters = append(l.sigmaFilters, filter)
		return
	}
	d := &sigmaDraft{reader: r, node: &yaml.Node{Kind: root.Kind, Line: root.Line, Column: root.Column}} // the document itself is not kept
	if refusal == nil {
		if d.correlation, refusal = sigma.ReadCorrelation(root); d.correlation != nil {
			d.rule = d.correlation.Head
		}
	}
	if refusal == nil && d.correlation == nil {
		d.rule, refusal = sigma.Read(root)
	}
	if refusal != nil {
		l.refuse(r, refusal)
	}
	if d.rule != nil && (refusal == nil || d.correlation != nil) {
		l.sigmaDrafts = append(l.sigmaDrafts, d)
	}
	d.refused = refusal != nil
}

// pipelineFile reads the pipelines of one file. Their faults are faults of the set: every Sigma rule goes through them.
func (l *loader) pipelineFile(f File) {
	r := &reader{file: f.Name, path: f.Path, src: f.Data}
	for _, root := range r.documents() {
		p, refusals := sigma.ReadPipeline(root, strings.TrimSuffix(path.Base(f.Name), path.Ext(f.Name)))
		for _, one := range refusals {
			r.fault(one.Node, one.Remedy, "%s", one.Reason)
		}
		if len(refusals) == 0 {
			l.pipelines = append(l.pipelines, p)
		}
	}
	l.take(r)
}

// refuse notes why a Sigma document is not used: a lint, as the rest of the set is sound without it.
func (l *loader) refuse(r *reader, refusal *sigma.Refusal) {
	before := len(r.lints)
	for _, one := range refusal.All() {
		at := *one.Node
		if one.Offset > 0 {
			at.Line, at.Column = r.place(one.Node, one.Offset)
		}
		r.note(&at, one.Remedy, refusedPrefix+one.Reason)
	}
	l.refused = append(l.refused, r.lints[before:]...)
	l.refusedDocs++
}

// refuseRest notes that a file of Sigma rules could not be read to its end: its fault becomes a lint.
func (l *loader) refuseRest(r *reader) {
	last := len(r.faults) - 1
	f := r.faults[last]
	f.Message, f.Remedy = refusedPrefix+f.Message, "correct it: neither this document nor what follows it in the file is read"
	r.faults, r.lints = r.faults[:last], append(r.lints, f)
	l.refused = append(l.refused, f)
	l.refusedDocs++
}

// sigmaRules compiles the Sigma rules once all files are read.
func (l *loader) sigmaRules() {
	if len(l.sigmaDrafts) == 0 {
		return
	}
	pipelines, err := sigma.Shipped()
	if err != nil {
		l.faults = append(l.faults, Fault{File: "sigma", Message: err.Error()})
		return
	}
	pipelines = pipelines.With(l.pipelines, l.placeholder)
	for _, d := range l.sigmaDrafts {
		for _, f := range l.sigmaFilters {
			if d.correlation == nil {
				f.Apply(d.rule)
			}
		}
	}
	l.silence()
	for _, d := range l.sigmaDrafts {
		if d.silent && d.correlation == nil || d.refused {
			continue
		}
		if _, refusal := l.made(pipelines, d); refusal != nil {
			before := len(d.lints)
			l.refuse(d.reader, refusal)
			l.lints = append(l.lints, d.lints[before:]...) // the file's own have been taken
		}
		if !d.used {
			d.rule.Forget()
		}
	}
}

// made is the rule of a draft, which is added to the set the first time.
func (l *loader) made(p *sigma.Pipelines, d *sigmaDraft) (*Rule, *sigma.Refusal) {
	switch {
	case d.made != nil || d.refusal != nil:
		return d.made, d.refusal
	case d.refused:
		return nil, &sigma.Refusal{Node: d.node, Reason: "it is refused itself"}
	case d.making:
		return nil, &sigma.Refusal{Node: d.node, Reason: "correlations name each other in a circle"}
	}
	d.making = true
	if d.made, d.refusal = l.sigmaRule(p, d); d.refusal == nil {
		l.byID[d.made.ID] = d.made
		l.rules = append(l.rules, d.made)
	}
	d.making = false
	return d.made, d.refusal
}

// placeholder is what modifier expand puts in the place of a name: the values of the reference list of that name.
func (l *loader) placeholder(name string) ([]string, bool) {
	values, ok := l.listValues[name]
	return values, ok
}

// sigmaRule makes a rule: of kind match, or of the kind that a correlation comes to.
func (l *loader) sigmaRule(p *sigma.Pipelines, d *sigmaDraft) (*Rule, *sigma.Refusal) {
	r, refusal := l.sigmaHead(d)
	if refusal != nil {
		return nil, refusal
	}
	if d.correlation != nil {
		refusal = l.correlate(p, d, r)
	} else {
		refusal = l.matchOne(p, d, r)
	}
	if refusal != nil {
		return nil, refusal
	}
	r.Hash = r.hash()
	return r, nil
}

// defaultLevel is the level of a rule that says none. A correlation that only serves another one is informational: its
// events must be, for others to rest on them.
func defaultLevel(d *sigmaDraft) string {
	if d.silent {
		return "informational"
	}
	return "medium"
}

// sigmaHead is what a document says of itself.
func (l *loader) sigmaHead(d *sigmaDraft) (*Rule, *sigma.Refusal) {
	s := d.rule
	r := &Rule{
		ID: l.sigmaID(s), Title: cmp.Or(s.Title, s.Name), Version: sigmaVersion(s), Level: cmp.Or(s.Level, defaultLevel(d)), Confidence: 0.5,
		Description: s.Description, Author: s.Author, References: s.References, FalsePositives: s.FalsePositives, Tags: s.Tags,
		File: d.file, Line: d.node.Line, Sigma: true,
		Incident: tocsin.IncidentGrouping{Window: 24 * time.Hour},
	}
	var refusals []*sigma.Refusal
	refuse := func(key, remedy, format string, args ...any) {
		refusals = append(refusals, &sigma.Refusal{Node: s.Place(key, d.node), Reason: fmt.Sprintf(format, args...), Remedy: remedy})
	}
	if first, ok := l.byID[r.ID]; ok {
		refuse("id", "give it an id of its own: make one with uuidgen", "the id is taken by %q (%s:%d)", first.Title, first.File, first.Line)
	}
	switch s.Status {
	case "stable":
		r.Status = Stable
	case "test", "experimental", "":
		r.Status = Testing
	case "deprecated", "unsupported":
		refuse("status", "take the rule that replaces it, or give it the status test to use it all the same", "its status is %s", s.Status)
	default:
		refuse("status", fault.DidYouMean(s.Status, []string{"stable", "test", "experimental", "deprecated", "unsupported"}), "unknown status %q", s.Status)
	}
	if !slices.Contains(levels, r.Level) {
		refuse("level", fault.DidYouMean(r.Level, levels), "unknown level %q", r.Level)
	}
	if len(refusals) > 0 {
		refusals[0].More = refusals[1:]
		return nil, refusals[0]
	}
	if s.ID == "" {
		l.asked[r.ID] = s.Asked
	}
	r.Category = sigmaCategory(s.Tags, l.opts.Categories)
	return r, nil
}

// matchOne makes a rule of kind match.
func (l *loader) matchOne(p *sigma.Pipelines, d *sigmaDraft, r *Rule) *sigma.Refusal {
	c, refusal := p.Compile(d.rule)
	if refusal != nil {
		return refusal
	}
	if err := l.condition(r, c.Text, c.Tree); err != nil {
		return &sigma.Refusal{Node: d.node, Reason: err.Error()}
	}
	r.Correlate = Correlate{
		Kind: Match, AtLeast: 1, OnMissing: Alone, Quiet: defaultQuiet, MaxOpen: defaultMaxOpen, GroupBy: slices.Clone(c.GroupBy),
	}
	r.Incident.GroupBy = slices.Clone(c.GroupBy)
	for _, e := range c.Entities {
		r.Entities = append(r.Entities, EntityField(e))
	}
	return nil
}

// sigmaID is the id of a rule. One that has none gets the same for the same title and conditions; where a rule that asks
// for something else has it, another.
func (l *loader) sigmaID(s *sigma.Rule) string {
	if s.ID != "" {
		return s.ID
	}
	id := hashID("sigma", s.Title, s.Name, s.LogSource.String(), strings.Join(s.Conditions, "\n"))
	if _, taken := l.byID[id]; taken && l.asked[id] != s.Asked {
		return hashID("sigma", id, s.Asked)
	}
	return id
}

// hashID is an id in the form of a uuid.
func hashID(parts ...string) string {
	h := tocsin.Hash(parts...)
	b, err := hex.DecodeString(h)
	if err != nil || len(b) < 16 {
		return h
	}
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // version 8, RFC 9562
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// sigmaVersion is the day of the rule's last change as a semantic version: 2026.4.17.
func sigmaVersion(s *sigma.Rule) string {
	day := strings.ReplaceAll(cmp.Or(s.Modified, s.Date), "/", "-")
	if t, err := time.Parse(time.DateOnly, day[:min(len(day), 10)]); err == nil {
		if v := fmt.Sprintf("%d.%d.%d", t.Year(), t.Month(), t.Day()); semver.IsValid("v" + v) {
			return v
		}
	}
	return "1.0.0"
}

// sigmaCategories are the categories that a tag speaks for by itself, the most particular first.
var sigmaCategories = [][2]string{
	{"attack.t1110", "intrusion-attempts/brute-force"},
	{"attack.t1566", "fraud/phishing"},
	{"attack.t1486", "malicious-code/infected-system"},
	{"attack.t1595", "information-gathering/scanner"},
	{"attack.t1046", "information-gathering/scanner"},
	{"attack.reconnaissance", "information-gathering/scanner"},
	{"attack.command-and-control", "malicious-code/c2-server"},
}

// undetermined is the category of what says nothing of its own.
const undetermined = "other/undetermined"

// sigmaCategory is the category that a rule's tags have on the scale.
func sigmaCategory(tags, known []string) string {
	for _, c := range sigmaCategories {
		for _, tag := range tags {
			if (tag == c[0] || strings.HasPrefix(tag, c[0]+".")) && (known == nil || slices.Contains(known, c[1])) {
				return c[1]
			}
		}
	}
	return undetermined
}
