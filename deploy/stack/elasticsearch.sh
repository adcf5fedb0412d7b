# Elasticsearch as one node on loopback. Sourced, not run.
# shellcheck shell=bash

es_launcher= # the start script while the node starts
es_user=tocsin-stack # it refuses to run as root, so root runs it as this user

# as_es is put before a command that must run as that user.
as_es=(env)
if ((EUID == 0)); then
	as_es=(runuser -u "$es_user" -- env)
	command -v setpriv >/dev/null && as_es=(setpriv --reuid "$es_user" --regid "$es_user" --clear-groups env)
fi

# es_folder sets es_dir: STACK_DIR/elasticsearch, or, where root's other user cannot reach that (a checkout below
# /root, say), a folder of its own below /var/lib to which STACK_DIR/elasticsearch then points.
es_folder() {
	es_dir=$STACK_DIR/elasticsearch
	if [[ ! -e $es_dir ]]; then
		mkdir -p "$es_dir"
		if ((EUID == 0)); then
			id "$es_user" >/dev/null 2>&1 || useradd --system --user-group --no-create-home --shell /usr/sbin/nologin "$es_user" || die "cannot create the user $es_user, which Elasticsearch is to run as"
			chown "$es_user:$es_user" "$es_dir"
			if ! "${as_es[@]}" test -w "$es_dir"; then
				rmdir "$es_dir"
				mkdir -p /var/lib/tocsin-stack
				ln -s "$(mktemp -d "/var/lib/tocsin-stack/XXXXXX")" "$es_dir"
				chown "$es_user:$es_user" "$es_dir/"
			fi
		fi
	fi
	es_dir=$(cd "$es_dir" && pwd -P)
}

es_yml() {
	cat <<-END
		cluster.name: tocsin-stack
		node.name: $(basename "$STACK_DIR")
		discovery.type: single-node
		network.host: 127.0.0.1
		http.port: $es_port
		transport.port: $((es_port + 1))
		path.data: $es_dir/data
		path.logs: $es_dir/logs
		# Where tests of backup and restore may put their snapshots.
		path.repo: $es_dir/repository
		# No memory maps: vm.max_map_count then needs no change on the machine.
		node.store.allow_mmap: false
		# A full disk of the test machine must not turn indices read-only.
		cluster.routing.allocation.disk.threshold_enabled: false
		action.destructive_requires_name: true
		# Limits that a test can go beyond in a second: of one request's body, and of what is being indexed at a time.
		http.max_content_length: 32mb
		indexing_pressure.memory.limit: 24mb
	END
	if [[ -d $es_dir/home/modules/ingest-geoip ]]; then
		echo "ingest.geoip.downloader.enabled: false"
	fi
	if [[ $SECURE == 0 ]]; then
		echo "xpack.security.enabled: false"
		return
	fi
	cat <<-END
		xpack.security.enabled: true
		xpack.security.autoconfiguration.enabled: false
		xpack.security.authc.realms.file.file1.order: 0
		xpack.security.authc.reserved_realm.enabled: false
		# Tests take rights from users of theirs by changing the files.
		resource.reload.interval.high: 1s
		xpack.security.http.ssl.enabled: true
		xpack.security.http.ssl.key: $es_dir/config/server.key
		xpack.security.http.ssl.certificate: $es_dir/config/server.crt
		xpack.security.transport.ssl.enabled: true
		xpack.security.transport.ssl.key: $es_dir/config/server.key
		xpack.security.transport.ssl.certificate: $es_dir/config/server.crt
		xpack.security.transport.ssl.certificate_authorities: $es_dir/config/ca.crt
	END
}

# es_prepare unpacks the server and writes its settings; users, roles and certificates in SECURE mode.
es_prepare() {
	es_folder
	if [[ ! -d $es_dir/home ]]; then
		rm -rf "$es_dir/unpacked"
		unzip -q "$(cache_root)/elasticsearch-$ES_VERSION/elasticsearch-$ES_VERSION.zip" -d "$es_dir/unpacked"
		mv "$es_dir/unpacked/elasticsearch-$ES_VERSION" "$es_dir/home"
		rmdir "$es_dir/unpacked"
	fi
	mkdir -p "$es_dir/logs" "$es_dir/data" "$es_dir/tmp" "$es_dir/repository"
	if [[ ! -d $es_dir/config ]]; then
		cp -R "$es_dir/home/config" "$es_dir/config"
		sed -i.bak -e '/^-Xlog:gc/d' -e '/jdk.incubator.vector/d' "$es_dir/config/jvm.options" # no 64 MB of garbage-collection log, no vector search
	fi
	es_yml >"$es_dir/config/elasticsearch.yml"
	if [[ $SECURE == 1 ]]; then
		certificates
		cp "$STACK_DIR"/tls/{ca.crt,server.crt,server.key} "$es_dir/config/"
		cp "$stack_home/roles.yml" "$es_dir/config/roles.yml"
	fi
	((EUID != 0)) || chown -R "$es_user:$es_user" "$es_dir/"
	if [[ $SECURE == 1 ]]; then
		es_account admin superuser
		es_account tocsin tocsin
	fi
}

# es_account USER ROLE makes a file-realm user once. The password goes in by standard input: anyone may read a command line.
es_account() {
	local file=$STACK_DIR/elasticsearch-$1.password
	secret "$file"
	grep -qs "^$1:" "$es_dir/config/users" && return
	{ cat "$file" && cat "$file"; } | "${as_es[@]}" ES_JAVA_HOME="$JAVA" ES_PATH_CONF="$es_dir/config" \
		"$es_dir/home/bin/elasticsearch-users" useradd "$1" -r "$2" >"$STACK_DIR/elasticsearch-users.log" 2>&1 ||
		{ tail -n 5 "$STACK_DIR/elasticsearch-users.log" >&2; die "elasticsearch-users made no user $1"; }
}

# es_launch starts the node unless it runs; es_await waits until it can be written to. What starts beside it need not wait.
es_launch() {
	es_port=$(port elasticsearch elasticsearch "$ES_PORT" 19200 2)
	pid_of elasticsearch >/dev/null && return
	refuse_taken ES_PORT "$es_port" $((es_port + 1))
	es_prepare
	: >"$STACK_DIR/elasticsearch.log"
	rm -f "$es_dir/pid" "$es_dir/config/elasticsearch.keystore.tmp" # the latter by a start that was broken off: it would end this one
	ln -sf "$es_dir/pid" "$STACK_DIR/elasticsearch.pid"
	cd "$es_dir" # a folder that the other user can be in
	begun+=(elasticsearch)
	promised+=("$es_port" "$((es_port + 1))")
	# The start script is a small JVM that ends once the server is up (-d); the pid that counts is the one the server writes.
	detached "$STACK_DIR/elasticsearch.log" "${as_es[@]}" ES_JAVA_HOME="$JAVA" ES_PATH_CONF="$es_dir/config" ES_TMPDIR="$es_dir/tmp" \
		CLI_JAVA_OPTS="-Xmx64m" ES_JAVA_OPTS="-Xms$ES_HEAP -Xmx$ES_HEAP $(mark elasticsearch)" \
		"$es_dir/home/bin/elasticsearch" -d -p "$es_dir/pid"
	es_launcher=$launched
	cd "$OLDPWD"
	say "elasticsearch starts"
}

es_await() {
	[[ -n $es_launcher ]] || return 0
	launcher=$es_launcher
	wait_for elasticsearch "$READY_SECONDS" es_answers
	launcher='' es_launcher=''
}

# es_answers: has the node written its pid, and does it say, over TLS and to a logged-in user if need be, that it can serve?
es_answers() {
	pid_of elasticsearch >/dev/null || return 1
	es_curl "/_cluster/health?wait_for_status=yellow&timeout=5s" 2>/dev/null | grep -q '"timed_out":false'
}

es_url() { echo "http$([[ $SECURE == 0 ]] || echo s)://127.0.0.1:$es_port"; }

es_curl() { # PATH OPTION…
	local path=$1
	shift
	if [[ $SECURE == 0 ]]; then
		curl -sS --fail --max-time 10 "$@" "$(es_url)$path"
	else
		curl -sS --fail --max-time 10 --cacert "$STACK_DIR/tls/ca.crt" --config <(echo "user = \"admin:$(<"$STACK_DIR/elasticsearch-admin.password")\"") "$@" "$(es_url)$path"
	fi
}

es_env() {
	pid_of elasticsearch >/dev/null || return 0
	es_port=$(<"$STACK_DIR/elasticsearch.port")
	printf 'TOCSIN_TEST_ES=%s\n' "$(es_url)"
	[[ $SECURE == 1 ]] || return 0
	printf 'TOCSIN_TEST_ES_%s\n' "CA=$STACK_DIR/tls/ca.crt" \
		"USER=tocsin" "PASSWORD_FILE=$STACK_DIR/elasticsearch-tocsin.password" \
		"ADMIN_USER=admin" "ADMIN_PASSWORD_FILE=$STACK_DIR/elasticsearch-admin.password"
}
