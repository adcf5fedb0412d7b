package decode

import "strings"

// headlessForms are how the lines of well-known programs begin, for where a relay has cut off the header that names the
// program: the program, what its line begins with, and what else stands in it.
const headlessForms = `
sshd|Accepted |ssh
sshd|Accepted google_authenticator for |
sshd|main: sshd: |
sshd|userauth_finish: |
sshd|ssh_packet_send_debug: |
sshd|monitor_read: |
sshd|mm_request_receive: |
sshd|Read from socket failed: |
sshd|Write failed: |
sshd|no matching |found: 
sshd|Corrupted MAC on input|
sshd|buffer_get_string: |
sshd|Connection closed by |[preauth]
sshd|Timeout, client not responding|
sshd|Failed | from 
sshd|Postponed | ssh2
sshd|Invalid user | from 
sshd|Illegal user | from 
sshd|Disconnected from | port 
sshd|Disconnecting | port 
sshd|Received disconnect from |
sshd|Connection closed by | port 
sshd|Connection reset by | port 
sshd|Connection from | on 
sshd|Did not receive identification string from |
sshd|Unable to negotiate with |
sshd|Bad protocol version identification |
sshd|Bad packet length |
sshd|Bad remote protocol version identification|
sshd|Protocol major versions differ|
sshd|banner exchange: Connection from |
sshd|ssh_dispatch_run_fatal: |
sshd|input_userauth_request: |
sshd|userauth_pubkey: |
sshd|kex_exchange_identification: |
sshd|ssh_exchange_identification: |
sshd|kex_protocol_error: |
sshd|reverse mapping checking getaddrinfo for |
sshd|Address |this does not map back
sshd|Nasty PTR record |
sshd|Server listening on | port 
sshd|Starting session: |
sshd|Close session: |
sshd|subsystem request for |
sshd|User child is on pid |
sshd|User |not allowed because
sshd|Access denied for user |by PAM account configuration
sshd|Authentication refused: |
sshd|Authorized to |krb5
sshd|maximum authentication attempts exceeded for |
sshd|PAM: Authentication failure for |
sshd|PAM |authentication failure
sshd|Timeout before authentication for |
sshd|Could not load host key: |
sshd|Could not get shadow information for |
sshd|Exiting on signal |
sshd|Received signal |terminating
sshd|Received SIGHUP; restarting.|
sshd|Transferred: sent |
sshd|Changed root directory to |
postfix|connect from |[
postfix|disconnect from |[
postfix|lost connection after | from 
postfix|timeout after | from 
postfix|too many errors after | from 
postfix|improper command pipelining after | from 
postfix|NOQUEUE: |
postfix|Anonymous TLS connection established |
postfix|Untrusted TLS connection established |
postfix|Trusted TLS connection established |
postfix|Verified TLS connection established |
postfix|SSL_accept error from |
postfix|SSL_connect error to |
postfix|setting up TLS connection |
postfix|connect to |]:25
postfix|statistics: max |
postfix|prepend Received-SPF: |
postfix|action=greylist, |
postfix|action=pass, |
postfix|PREGREET | from 
postfix|CONNECT from [|
postfix|DISCONNECT [|
postfix|HANGUP after | from [
postfix|PASS NEW [|
postfix|PASS OLD [|
postfix|WHITELISTED [|
postfix|ALLOWLISTED [|
postfix|DNSBL rank |
postfix|hostname |does not resolve to address
postfix|starting the Postfix mail system|
postfix|stopping the Postfix mail system|
postfix|refreshing the Postfix mail system|
postfix|daemon started -- version |
postfix|whitelisted: |[
postfix|proxy-accept: |
policyd-spf|Pass; identity=|
policyd-spf|Fail; identity=|
policyd-spf|None; identity=|
policyd-spf|Softfail; identity=|
policyd-spf|Neutral; identity=|
spamd|spamd: |
postfix|reload -- version |
postfix|table |has changed -- restarting
amavis|Passed |-> <
amavis|Blocked |-> <
named|FORMERR resolving |
named|SERVFAIL unexpected RCODE resolving |
named|REFUSED unexpected RCODE resolving |
named|lame server resolving |
named|connection refused resolving |
named|host unreachable resolving |
named|network unreachable resolving |
named|timed out resolving |
named|unexpected RCODE |resolving 
named|skipping nameserver |
named|success resolving |
named|received notify for zone |
named|transfer of |from 
named|zone |/IN
named|validating |: 
named|sending notifies |
named|client @0x|#
named|client |#
named|loop detected resolving |
named|shut down hung fetch while resolving |
named|broken trust chain resolving |
named|insecurity proof failed resolving |
named|view |: 
named|rpz: |
named|checkhints: |
named|managed-keys-zone|
named|resolver priming query complete|
dhcpd|DHCPDISCOVER from |
dhcpd|DHCPREQUEST for |
dhcpd|DHCPOFFER on |
dhcpd|DHCPACK on |
dhcpd|DHCPACK to |
dhcpd|DHCPNAK on |
dhcpd|DHCPRELEASE of |
dhcpd|DHCPINFORM from |
dhcpd|DHCPDECLINE of |
dhcpd|DHCPEXPIRE on |
dhcpd|DHCPREJECT |
dhcpd|BOOTREQUEST from |
dhcpd|BOOTREPLY |
dhcpd|Wrote |leases to leases file
dhcpd|Abandoning IP address |
dhcpd|Added new forward map from |
dhcpd|Added reverse map from |
dhcpd|Removed forward map from |
dhcpd|Removed reverse map on |
dhcpd|uid lease |for client
dhcpd|balanced pool |
dhcpd|balancing pool |
dhcpd|bind update on |
dhcpd|reuse_lease: |
dhcpd|Option 82: |
systemd|Started |.
systemd|Starting |...
systemd|Stopped |.
systemd|Stopping |...
systemd|Reached target |
systemd|Startup finished in |
systemd|Created slice |
systemd|Removed slice |
systemd|Removed session |
systemd-logind|New session |of user
systemd-logind|Session |logged out
`

// A headless finds the program whose line has lost its header.
type headless struct {
	forms map[string][]headlessForm // by the first word
}

// A headlessForm is how one sort of a program's lines is worded.
type headlessForm struct{ program, begins, holds string }

func newHeadless() *headless {
	all := &headless{forms: map[string][]headlessForm{}}
	for line := range strings.Lines(headlessForms) {
		parts := strings.Split(strings.TrimSuffix(line, "\n"), "|")
		const wanted = 3
		if len(parts) != wanted {
			continue
		}
		form := headlessForm{program: parts[0], begins: parts[1], holds: parts[2]}
		word := leadingWord(form.begins)
		all.forms[word] = append(all.forms[word], form)
	}
	return all
}

// leadingWord is what a text begins with, to the first sign that parts words.
func leadingWord(s string) string {
	if end := strings.IndexAny(s, " =:@"); end >= 0 {
		return s[:end]
	}
	return s
}

// of is the program that worded a line, "" for none that is known.
func (h *headless) of(line string) string {
	line = strings.TrimLeft(line[:min(len(line), maxSaid)], " ")
	if program := pamProgram(line); program != "" {
		return program
	}
	for _, grade := range [...]string{"error: ", "fatal: ", "warning: ", "info: "} {
		line = strings.TrimPrefix(line, grade)
	}
	for _, form := range h.forms[leadingWord(line)] {
		if strings.HasPrefix(line, form.begins) && strings.Contains(line, form.holds) {
			return form.program
		}
	}
	switch {
	case mailQueue(line):
		return "postfix"
	case saysAny(line, tunnelMarks[:]...):
		return "openvpn"
	}
	return ""
}

// tunnelMarks stand in OpenVPN's lines behind the name and the address of the client.
var tunnelMarks = [...]string{
	" VERIFY OK: ", " VERIFY ERROR: ", " peer info: IV_", "MULTI: Learn: ", "MULTI: primary virtual ", "Peer Connection Initiated with ", "SENT CONTROL [", "PUSH: Received control message",
	"TLS: soft reset ", "Timers: ping ", "MULTI: multi_init called", "Diffie-Hellman initialized with ", "ROUTE_GATEWAY ", "net_route_v4", "net_iface_", "net_addr_", "TUN/TAP device ", "IFCONFIG POOL", "Control Channel: TLS", "Data Channel: Cipher", "Data Channel Encrypt: ", "Data Channel Decrypt: ", "TLS: Initial packet from ", "TLS: Username/Password authentication ", "link local (bound): [AF_INET", "link remote: [AF_",
}

// pamProgram is the program that PAM was asked by: "pam_unix(sshd:session): session opened for user alice".
func pamProgram(line string) string {
	if !strings.HasPrefix(line, "pam_") {
		return ""
	}
	head, _, ok := strings.Cut(line, "): ")
	if !ok {
		return ""
	}
	_, asked, ok := strings.Cut(head, "(")
	program, _, named := strings.Cut(asked, ":")
	if !ok || !named || strings.ContainsAny(program, " =") {
		return ""
	}
	return program
}
