// Package syslog listens for syslog messages: over UDP (RFC 5426), TCP (RFC 6587: octet counting or a message a line,
// told by each connection's first bytes) and TLS (RFC 5425). What a message says is the decoder's to read; here it is a
// record of its own, as it was sent.
//
// TCP and TLS senders are held back while the journal takes no more: nothing is read then. UDP cannot be held back:
// what the kernel drops meanwhile is counted.
package syslog
