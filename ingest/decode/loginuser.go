package decode

import "strings"

// unknownUser finds the name before words that say that nobody is called so, or the one that a mail server has asked for, ""
// for none.
func unknownUser(m, small string) string {
	for _, door := range [...]string{" pam(", " sql(", " ldap(", " passwd-file("} { // Dovecot: what it asked, of whom, from where
		if _, asked, found := strings.Cut(m, door); found {
			name, _, ok := strings.Cut(asked, ",")
			if ok && name != "" && !strings.ContainsAny(name, " ()=/:") && !isAddress(name) {
				return name
			}
		}
	}
	for _, mark := range [...]string{": no such user", " was not found in ", ": unknown user"} {
		if at := strings.Index(small, mark); at > 0 && len(small) == len(m) {
			if name := strings.Trim(lastWord(m[:at]), "'\"`[]"); name != "" && !strings.ContainsAny(name, "=(/:,") && !isAddress(name) {
				return name
			}
		}
	}
	return ""
}

// plainUser finds the user that a marker stands before, "" for none.
func plainUser(m, small string) string {
	if name := unknownUser(m, small); name != "" {
		return name
	}
	for _, mark := range [...]string{"for user ", "failed for [", "] fail login: client", "retrieve user ", "authentication request for ", "attempt for ", "bad password for ", "error for '", "login failed: '", "username input '", "login for ", "login using ", "username: ", "username:", "username ", "username=", "for user: ", "set_id=", " login:", " user=", " user ", " user:", "user \""} {
		at := strings.Index(small, mark)
		if at < 0 || len(small) != len(m) {
			continue
		}
		word := strings.TrimLeft(m[at+len(mark):], " '\"<[`")
		if mark[0] == ']' { // the name stands before it
			word = m[strings.LastIndexByte(m[:at], '[')+1 : at]
		}
		if end := strings.IndexAny(word, " ,\"');]>|`"); end >= 0 {
			word = word[:end]
		}
		switch word = strings.TrimRight(word, ".:"); word {
		case "", "account", "attempting", "trying", "or", "and", "is", "not", "name", "with", "does", "found", "has", "was", "from", "in", "who", "details", "lookup", "id":
		default:
			if !strings.Contains(word, "=") && word[0] != '\\' && !isAddress(word) && (mark[len(mark)-1] != ' ' || word != "user" && word != "username" || strings.ContainsAny(m[at+len(mark):][:1], "'\"`")) {
				return word
			}
		}
	}
	return ""
}

// secondWord is the second word of a text, "" where there is none.
func secondWord(s string) string {
	n := 0
	for w := range strings.FieldsSeq(s) {
		if n++; n == 2 {
			return w
		}
	}
	return ""
}
