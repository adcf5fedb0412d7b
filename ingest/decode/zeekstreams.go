package decode

import (
	"slices"
	"strings"
)

// zeekTells are what each of Zeek's logs alone has, where the record does not say of which it is: a file of JSON that Zeek
// writes is one log, so its records do not name it. The last lines are of what all logs of connections have.
const zeekTells = `
	conn           conn_state
	dns            id.orig_h trans_id
	dns            id.orig_h qtype
	dns            id.orig_h rcode
	dns            id.orig_h query
	sip            id.orig_h call_id
	http           id.orig_h trans_depth
	kerberos       id.orig_h request_type
	ssl            id.orig_h cipher
	ssl            id.orig_h established
	x509           certificate.serial
	files          fuid analyzers
	files          fuid seen_bytes
	ssh            id.orig_h auth_attempts
	ssh            id.orig_h host_key_alg
	ftp            id.orig_h reply_code command
	ftp            id.orig_h data_channel.passive
	smtp           id.orig_h helo
	smtp           id.orig_h mailfrom
	rdp            id.orig_h security_protocol
	rdp            id.orig_h cookie result
	dce_rpc        id.orig_h named_pipe
	smb_files      id.orig_h action^SMB::
	smb_cmd        id.orig_h tree_service command
	smb_cmd        id.orig_h referenced_file.action
	dpd            id.orig_h analyzer failure_reason
	smb_mapping    id.orig_h share_type
	snmp           id.orig_h get_requests
	socks          id.orig_h bound_p
	socks          id.orig_h request_p
	irc            id.orig_h nick
	modbus         id.orig_h func pdu_type
	modbus         id.orig_h func exception
	modbus         id.orig_h func
	dnp3           id.orig_h fc_request
	mysql          id.orig_h cmd arg
	rfb            id.orig_h client_major_version
	tunnel         id.orig_h tunnel_type
	syslog         id.orig_h facility severity
	ntp            id.orig_h stratum
	ntlm           id.orig_h server_nb_computer_name
	ntlm           id.orig_h domainname username
	radius         id.orig_h result username
	ldap           id.orig_h message_id opcode
	ldap_search    id.orig_h message_id scope
	quic           id.orig_h client_initial_dcid
	intel          seen.indicator
	signatures     sig_id event_msg
	notice         note suppress_for
	notice         note actions
	weird          name notice peer
	dhcp           uids msg_types
	dhcp           uids assigned_addr
	software       software_type unparsed_version
	known_services port_num port_proto
	known_certs    port_num issuer_subject
	ocsp           hashAlgorithm certStatus
	pe             id is_exe
	stats          pkts_proc reassem_tcp_size
	capture_loss   percent_lost gaps
	irc            id.orig_h addl command
	connection     id.orig_h uid
	connection     id_orig_h uid`

// zeekBare are logs that have nothing but a time and these columns, which alone would tell too little.
const zeekBare = `
	known_hosts host
	traceroute  src dst proto`

// zeekTransports are what carries a protocol whose log does not say it.
const zeekTransports = `
	tcp http ftp smtp rdp ssh ssl ocsp dce_rpc smb_files smb_mapping smb_cmd mysql irc rfb modbus dnp3 socks ntlm postgresql
	udp dhcp ntp snmp radius quic`

// zeekTransport is what carries the protocol that a log is of, "" where several do.
func zeekTransport(stream string) string {
	for line := range strings.Lines(zeekTransports) {
		if words := strings.Fields(line); len(words) > 0 && slices.Contains(words[1:], stream) {
			return words[0]
		}
	}
	return ""
}

// A zeekTell is what tells one log.
type zeekTell struct {
	stream string
	set    [][]sign
	only   int // names that its records have, 0 for any number
}

func newZeekTells(d *dictionary) []zeekTell {
	var all []zeekTell
	for line := range strings.Lines(zeekTells) {
		if stream, signs, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			all = append(all, zeekTell{stream: stream, set: d.signs(signs, "")})
			if strings.Contains(signs, "id.orig_h") {
				all = append(all, zeekTell{stream: stream, set: d.signs(strings.ReplaceAll(signs, "id.orig_h", "id_orig_h"), "")})
			}
		}
	}
	for line := range strings.Lines(zeekBare) {
		if stream, signs, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			all = append(all, zeekTell{stream: stream, set: d.signs(signs, ""), only: 1 + len(strings.Fields(signs))})
		}
	}
	return all
}

// zeekStreamOf is the log that a record is of by what it holds, "" where it is none of Zeek's.
func zeekStreamOf(tells []zeekTell, in *doc) string {
	for _, t := range tells {
		if (t.only == 0 || t.only == in.kept) && holds(in, t.set) {
			return t.stream
		}
	}
	return ""
}
