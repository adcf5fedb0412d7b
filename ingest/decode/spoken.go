package decode

import "strings"

// userMarks are what programs write before the name of a user in a sentence, in small letters, the surest first. What
// ends in a quotation mark or a bracket is good whatever the sentence says; the others want a name that looks like one.
var userMarks = [...]string{
	"user '", "user \"", "user [", "user <", "user `", "username '", "username input '", "login failed: '", "[name=", "username \"", "user id '", "account '", "account \"", "user name: ", "username: ", "username:", "username=",
	"user:", "user=", "user: ", "for user ", "by user ", "for user: ", "opened for user ", "closed for user ",
}

// maySpeak reports whether a text may name a user. It passes over most texts that do not.
func maySpeak(m string) bool {
	return strings.Contains(m, "ser") || strings.Contains(m, "[name=") || strings.Contains(m, "ogin failed: '") || strings.Contains(m, " by ") || strings.Contains(m, "ccount ") || strings.Contains(m, "USER")
}

// spokenUser finds the user that a sentence names, "" for none.
func spokenUser(m, small string) string {
	if len(small) != len(m) || !strings.Contains(small, "user") && !strings.Contains(small, "account ") && !strings.Contains(small, "[name=") && !strings.Contains(small, "login failed: '") {
		return spokenBy(m, small)
	}
	if name := unknownUser(m, small); name != "" {
		return name
	}
	if name := spokenDoer(m, small); name != "" {
		return name
	}
	for _, mark := range userMarks {
		at := strings.Index(small, mark)
		if at < 0 || at > 0 && isLetter(small[at-1]) {
			continue
		}
		if name := nameAt(m[at+len(mark):], mark[len(mark)-1]); name != "" {
			return name
		}
	}
	return spokenBy(m, small)
}

// doerVerbs are what follows the name of who did something, in small letters.
const doerVerbs = " logged failed authenticated successfully has was from executed disconnected connected deleted created added changed modified "

// spokenDoer finds who did something in "User alice logged in", "user alice@shop has …".
func spokenDoer(m, small string) string {
	for from := 0; ; {
		at := strings.Index(small[from:], "user ")
		if at < 0 {
			return ""
		}
		at += from
		from = at + len("user ")
		if at > 0 && isLetter(small[at-1]) || small[from:] == "" || strings.IndexByte("'\"[<:", small[from]) >= 0 {
			continue
		}
		name, after, ok := strings.Cut(m[from:], " ")
		verb, _, _ := strings.Cut(strings.ToLower(after[:min(len(after), 32)]), " ")
		if ok && verb != "" && strings.Contains(doerVerbs, " "+verb+" ") {
			return nameAt(name, ' ')
		}
	}
}

// spokenBy finds who did it where the sentence says where he sat: "by alice on vty0 (192.0.2.1)", "by alice from".
func spokenBy(m, small string) string {
	for _, place := range [...]string{" on vty", " on console", " on tty", " from 1", " from 2"} {
		end := strings.Index(small, place)
		if end < 0 || len(small) != len(m) {
			continue
		}
		head := m[:end]
		if who := lastWord(head); strings.HasSuffix(strings.TrimSuffix(head, who), " by ") {
			return nameAt(who, ' ')
		}
	}
	return ""
}

// nameAt is the name that a text begins with, up to what closes it, "" for what is no name.
func nameAt(s string, open byte) string {
	const most = 128
	s = s[:min(len(s), most)]
	closing := map[byte]byte{'\'': '\'', '"': '"', '[': ']', '<': '>', '`': '`'}[open]
	if closing == 0 && s != "" && (s[0] == '\'' || s[0] == '"') {
		closing, s = s[0], s[1:]
	}
	if closing != 0 {
		name, _, ok := strings.Cut(s, string(closing))
		if !ok || strings.ContainsAny(name, "=(),;") || isAddress(name) {
			return ""
		}
		return strings.TrimSpace(name)
	}
	end := strings.IndexAny(s, " ,\"');]>|`")
	if end < 0 {
		end = len(s)
	}
	name := strings.TrimRight(s[:end], ".:")
	if name == "" || name == "-" || strings.ContainsAny(name, "=(/%#") || isAddress(name) || saysNothing(name) {
		return ""
	}
	switch strings.ToLower(name) {
	case "account", "attempting", "trying", "or", "and", "is", "not", "name", "has", "was", "with", "from", "on", "in", "to", "the", "a", "an", "of", "id", "session", "profile", "group", "agent", "interface", "input", "data", "permission", "permissions", "role", "roles", "authentication", "login", "logon", "password", "privilege", "access", "session(s)", "who", "privileges", "accounts", "mapping", "database", "does", "found", "not-found", "incorrect", "details":
		return ""
	}
	return name
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// comings tells how a text in small letters says that somebody came, failed to come or went; "" and false where it says
// none of that in these words.
func comings(small string) (outcome string, went bool) {
	logs := strings.Contains(small, "log")
	switch {
	case !logs && !strings.Contains(small, "auth"):
	case saysAny(small, "auth-success", "authentication success", "authenticated successfully"),
		logs && saysAny(small, "logged in with", "login success", "successfully logged in", "successful login", "logged in from ", "logged in successfully", "log in successfully"),
		strings.HasPrefix(small, "authentication of ") && strings.Contains(small, " accepted"):
		return "success", false
	case logs && saysAny(small, "cannot login", "failed to log in", "login is refused"),
		strings.HasPrefix(small, "authentication of ") && strings.Contains(small, " rejected"):
		return "failure", false
	case logs:
		return "", saysAny(small, "logged out", "logged off", "log out successfully")
	}
	return "", false
}
