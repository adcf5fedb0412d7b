package decode

import (
	"fmt"
	"testing"
)

// TestHeadless holds that lines which have lost their header are known by how their program words them, and that others
// are nobody's.
func TestHeadless(t *testing.T) {
	h := newHeadless()
	for line, want := range map[string]string{
		"Accepted publickey for alice from 203.0.113.7 port 50100 ssh2: RSA SHA256:abc":                                   "sshd",
		"error: maximum authentication attempts exceeded for root from 203.0.113.7 port 50100 ssh2 [preauth]":             "sshd",
		"pam_unix(sshd:session): session closed for user alice":                                                           "sshd",
		"pam_unix(cron:session): session opened for user root by (uid=0)":                                                 "cron",
		"lost connection after AUTH from unknown[203.0.113.7]":                                                            "postfix",
		"warning: hostname x.example does not resolve to address 203.0.113.7: Name or service not known":                  "postfix",
		"3F2A61C0B7: milter-reject: END-OF-MESSAGE from unknown[203.0.113.7]: 5.7.1 Spam; from=<x@y.example> proto=ESMTP": "postfix",
		"client @0x7f00 192.0.2.9#5353 (example.com): query: example.com IN A +E(0)K (192.0.2.1)":                         "named",
		"DHCPACK on 192.0.2.9 to 00:00:5e:00:53:01 (lap-1) via eth0":                                                      "dhcpd",
		"alice/203.0.113.7:50100 peer info: IV_VER=2.6.3":                                                                 "openvpn",
		"Accepted an offer":             "",
		"connect from the outside":      "",
		"User bob is happy":             "",
		"pam is a name":                 "",
		"zone 7 is cold":                "",
		"Failed to start: disk is full": "",
	} {
		if got := h.of(line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// TestHeadlessAlert holds that the program of such a line is its process, and says what sort of event it is about.
func TestHeadlessAlert(t *testing.T) {
	a := alert(t, newTest(t), "timeout after END-OF-MESSAGE from mail.example[203.0.113.7]")
	const want = "plain 0001-01-01T00:00:00Z\nprocess.name=postfix\nevent.category=email\nsource.ip=203.0.113.7\n"
	if got := show(a, "process.name event.category source.ip"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestMailPairs holds that pairs of who writes to whom are about mail, and that a virus in it is malware.
func TestMailPairs(t *testing.T) {
	d := newTest(t)
	const line = `date=2026-03-01 time=10:00:00.123 device_id=FE-1 type=%s pri=information session_id="x1" client_ip="203.0.113.7" dst_ip="192.0.2.9" from="a@shop.example" to="b@corp.example" subject="hi"`
	for sort, want := range map[string]string{
		"statistics": "keyvalue 2026-03-01T10:00:00.123Z\nevent.kind=event\nevent.category=email\nemail.from.address=a@shop.example\nsource.ip=203.0.113.7\n",
		"virus":      "keyvalue 2026-03-01T10:00:00.123Z\nevent.kind=alert\nevent.category=email,malware\nemail.from.address=a@shop.example\nsource.ip=203.0.113.7\n",
	} {
		a := alert(t, d, fmt.Sprintf(line, sort))
		if got := show(a, "event.kind event.category email.from.address source.ip"); got != want {
			t.Errorf("%s: got %s, want %s", sort, got, want)
		}
	}
}
