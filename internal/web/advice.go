package web

import "strings"

// advice says what to do about a trouble of a part of the daemon; of one that is not known, where to look.
func advice(part string) string {
	switch part {
	case "elasticsearch":
		return "What comes in waits and nothing is lost. See that the cluster is up, reachable and not full, and that tocsin's user has its rights; writing goes on by itself."
	case "journal", "write", "store":
		return "What cannot be stored is not acknowledged to senders, who send it again. Make room on the disk, or raise sqlite.max_bytes; see that the data folder may be written."
	case "kafka", "read":
		return "Nothing is lost while the topics keep their records. See that the brokers are up and reachable, and that tocsin's user may read and write its topics."
	case "gap":
		return "Records were removed from a topic before they were read. Raise its retention, or add daemons to the group; what is gone is told in the log with its offsets."
	case "rules":
		return "The rules in force are the ones before. Mend the files where the carets stand; tocsin rules check tells the same before they are loaded."
	case "mappings":
		return "The mappings in force are the ones before. Mend the files that are named; they are read again by themselves."
	case "lists", "stale lists":
		return "Alerts are enriched by the lists as they were read last. See that their files are there and whole, and that whatever renews them still runs."
	case "notify":
		return "Notices wait and are sent when the receiver answers. See that its address and secret are right; the list of receivers below says since when."
	case "integrity":
		return "Do not change the register: run tocsin verify --store, which names the first entry that does not follow, and compare it with the last checkpoint that left this machine."
	}
	return "The log tells more; the daemon tries again by itself unless an operator must act."
}

// remedy says what to do about records that are rejected for a reason; "" where the reason says it.
func remedy(reason string) string {
	switch {
	case strings.Contains(reason, "too_big"), strings.Contains(reason, "too_large"), strings.Contains(reason, "too_deep"):
		return "The sender makes records beyond the limits of intake: cut them there, or raise the limit."
	case strings.Contains(reason, "timestamp"), strings.Contains(reason, "time"):
		return "No time could be read: name the field and its zone in a mapping, then send the records again."
	case strings.Contains(reason, "json"), strings.Contains(reason, "format"), strings.Contains(reason, "cef"), strings.Contains(reason, "leef"):
		return "The bytes are not of the source's format: set the format that they are of, then send them again."
	}
	return "Open the letters, mend the format or mapping that they name, and send them again."
}
