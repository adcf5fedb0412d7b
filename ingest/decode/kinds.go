package decode

import (
	"strings"

	"tocsin"
)

// accountKind is the category and type of what an account service did, from the name of the action.
func accountKind(action string) (category, types string) {
	a := strings.ToLower(action)
	has := func(words string) bool {
		for w := range strings.FieldsSeq(words) {
			if strings.Contains(a, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("session.end logout logoff"):
		return "authentication,session", "end"
	case has("session. authentication login logon sign-in signin sso auth_via mfa"):
		return "authentication", "start"
	case has("group"):
		return "iam", "group," + changeKind(a)
	case has("user account role privilege member password factor credential"):
		return "iam", "user," + changeKind(a)
	default:
		return "configuration", changeKind(a)
	}
}

// changeKind is creation, deletion, change, access or info, from the verb that a name holds.
func changeKind(a string) string {
	for _, v := range [][2]string{
		{"delete remove destroy purge revoke", "deletion"},
		{"create add insert register import generate", "creation"},
		{"update modify change set enable disable patch write reset assign grant deactivate activate suspend lock", "change"},
		{"get list read view download", "access"},
	} {
		for w := range strings.FieldsSeq(v[0]) {
			if strings.Contains(a, w) {
				return v[1]
			}
		}
	}
	return "info"
}

// levels are the numbers of the words of gravity.
var levels = func() map[string]int64 {
	all := map[string]int64{}
	for group := range strings.FieldsSeq(gravity) {
		words, n, _ := strings.Cut(group, "=")
		level, _ := digits(n, 1, 3)
		for w := range strings.SplitSeq(words, "|") {
			if _, known := all[w]; !known {
				all[w] = int64(level)
			}
		}
	}
	return all
}()

// levelOf is the number that a word of gravity stands for, from 0 to 100.
func levelOf(word string) tocsin.Value {
	if level, ok := levels[word]; ok {
		return tocsin.IntValue(level)
	}
	return tocsin.Value{}
}

// loginWord reports whether a text in small letters speaks of somebody coming in.
func loginWord(s string) bool {
	if !strings.Contains(s, "log") && !strings.Contains(s, "auth") && !strings.Contains(s, "sign") {
		return false
	}
	for _, w := range [...]string{"authentication", "login", "logon", "log on", "logged in", "logged on", "log in attempt", "signed in", "signed out", "sign-in", "signin", "sign in", "logout", "logoff"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// loginResult is the outcome that a text in small letters tells, "" for none.
func loginResult(s string) string {
	for _, w := range [...]string{"fail", "denied", "deny", "invalid", "reject", "unsuccess", "block", "incorrect", "error"} {
		if strings.Contains(s, w) {
			return "failure"
		}
	}
	for _, w := range [...]string{"success", "succe", "accept", "allow", "granted", "logged in", "logged on", "signed in"} {
		if strings.Contains(s, w) {
			return "success"
		}
	}
	return ""
}

// splitAccount parts an account of Windows from the domain that stands before a backslash, "" for none.
func splitAccount(s string) (domain, user string) {
	domain, user, ok := strings.Cut(s, `\`)
	if !ok {
		return "", s
	}
	return domain, user
}
