# A certificate authority of this stack's own and one server certificate for both servers. Sourced, not run.
# shellcheck shell=bash

# certificates makes $STACK_DIR/tls/{ca.crt,server.crt,server.key,server.pem} once, valid for a year on loopback names only.
certificates() {
	local tls=$STACK_DIR/tls
	[[ -s $tls/server.pem ]] && openssl x509 -checkend 86400 -noout -in "$tls/server.crt" >/dev/null && return
	mkdir -p "$tls"
	(
		umask 077
		cd "$tls"
		openssl req -x509 -newkey rsa:2048 -noenc -sha256 -days 365 -subj "/CN=tocsin stack CA" \
			-addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
			-keyout ca.key -out ca.crt
		openssl req -new -newkey rsa:2048 -noenc -subj "/CN=localhost" -keyout server.key -out server.csr
		openssl x509 -req -sha256 -days 365 -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt \
			-extfile <(printf '%s\n' 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' 'extendedKeyUsage=serverAuth,clientAuth' 'basicConstraints=CA:FALSE')
		cat server.key server.crt ca.crt >server.pem
		rm -f server.csr
		chmod 644 ca.crt server.crt
	) >"$STACK_DIR/certificates.log" 2>&1 || { tail -n 5 "$STACK_DIR/certificates.log" >&2; die "openssl made no certificates"; }
}
