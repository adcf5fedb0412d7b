package decode

import (
	"strings"

	"tocsin"
)

// allowedWords are the words that the Elastic Common Schema allows for a field, "" where it allows any. A record's own word
// that is none of them is not the field's.
func allowedWords(field string) string {
	switch field {
	case "event.kind":
		return " alert asset enrichment event metric state pipeline_error signal "
	case "event.category":
		return " api authentication configuration database driver email file host iam intrusion_detection library malware network package process registry session threat vulnerability web "
	case "event.type":
		return " access admin allowed change connection creation deletion denied device end error group indicator info installation protocol start user "
	case "event.outcome":
		return " failure success unknown "
	}
	return ""
}

// eachAllowed reports whether a value, or each member of a list, is one of the words.
func eachAllowed(v tocsin.Value, words string) bool {
	for _, item := range v.Items() {
		if s, ok := item.Str(); !ok || !strings.Contains(words, " "+s+" ") {
			return false
		}
	}
	return true
}
