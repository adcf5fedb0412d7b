# Apache Kafka in KRaft mode: every broker is a controller too. Sourced, not run.
# shellcheck shell=bash

kafka_names() { local n; for ((n = 1; n <= BROKERS; n++)); do echo "kafka-$n"; done; }

# Broker n listens on base+n-1; its controller ten ports above that.
kafka_address() { echo "127.0.0.1:$((kafka_base + $1 - 1))"; }
# What clients are told may be elsewhere: something in between that carries them here.
kafka_advertised() { echo "127.0.0.1:$((${KAFKA_ADVERTISED_PORT:-$kafka_base} + $1 - 1))"; }
kafka_addresses() { local n; for ((n = 1; n <= BROKERS; n++)); do kafka_address "$n"; done | paste -sd, -; }
kafka_voters() { local n; for ((n = 1; n <= BROKERS; n++)); do echo "$n@127.0.0.1:$((kafka_base + n + 9))"; done | paste -sd, -; }

kafka_jaas() { # the login of user $1 with the password in file $2
	echo "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"$1\" password=\"$(<"$2")\";"
}

# kafka_properties N writes the settings of broker N. Small and quick rather than durable: it is for tests.
kafka_properties() {
	local protocol=PLAINTEXT dir=$STACK_DIR/kafka-$1
	[[ $SECURE == 0 ]] || protocol=SASL_SSL
	cat <<-END
		process.roles=broker,controller
		node.id=$1
		controller.quorum.voters=$(kafka_voters)
		controller.listener.names=CONTROLLER
		listeners=CLIENT://$(kafka_address "$1"),CONTROLLER://127.0.0.1:$((kafka_base + $1 + 9))
		advertised.listeners=CLIENT://$(kafka_advertised "$1")
		inter.broker.listener.name=CLIENT
		log.dirs=$dir/data

		# A test creates its topics itself; a misspelt name must not become one.
		auto.create.topics.enable=false
		num.partitions=1
		default.replication.factor=1
		min.insync.replicas=1
		# Recorded alerts carry old times: none may be deleted for its age.
		log.retention.ms=-1

		# A broker of one machine is alone or one of three.
		offsets.topic.replication.factor=$BROKERS
		transaction.state.log.replication.factor=$BROKERS
		share.coordinator.state.topic.replication.factor=$BROKERS
		transaction.state.log.min.isr=1
		share.coordinator.state.topic.min.isr=1
		# The default of 50 partitions makes the first join of a group take seconds.
		offsets.topic.num.partitions=3
		transaction.state.log.num.partitions=3
		share.coordinator.state.topic.num.partitions=3
		group.initial.rebalance.delay.ms=0
		group.min.session.timeout.ms=500

		# Two index files of 10 MB are preallocated for each segment unless told otherwise.
		log.index.size.max.bytes=524288
		log.cleaner.dedupe.buffer.size=4194304
		num.network.threads=2
		num.io.threads=4
		# A broker that was killed comes back when its last session is over, and not before.
		broker.session.timeout.ms=$KAFKA_SESSION_MS
		broker.heartbeat.interval.ms=$((KAFKA_SESSION_MS / 5))
		controlled.shutdown.enable=$([[ $BROKERS == 3 ]] && echo true || echo false)
	END
	if [[ $SECURE == 0 ]]; then
		echo "listener.security.protocol.map=CLIENT:$protocol,CONTROLLER:PLAINTEXT"
		return
	fi
	cat <<-END

		# Clients and brokers: TLS and a password. Controllers among themselves: TLS with certificates on both sides.
		listener.security.protocol.map=CLIENT:$protocol,CONTROLLER:SSL
		sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512
		sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
		listener.name.client.scram-sha-256.sasl.jaas.config=$(kafka_jaas broker "$STACK_DIR/kafka-broker.password")
		listener.name.client.scram-sha-512.sasl.jaas.config=$(kafka_jaas broker "$STACK_DIR/kafka-broker.password")
		ssl.keystore.type=PEM
		ssl.keystore.location=$STACK_DIR/tls/server.pem
		ssl.truststore.type=PEM
		ssl.truststore.location=$STACK_DIR/tls/ca.crt
		listener.name.controller.ssl.client.auth=required
	END
}

kafka_tool() { # CLASS ARGUMENT…: one of Kafka's own command-line tools
	limited "$READY_SECONDS" "$JAVA/bin/java" -Xmx128m -Dlog4j2.configurationFile="$stack_home/log4j2.properties" \
		-cp "$(cache_root)/kafka-$KAFKA_VERSION/*" "$@"
}

# kafka_format makes the storage of broker N once, in SECURE mode with the two users in it, both with both kinds of SCRAM.
kafka_format() {
	local dir=$STACK_DIR/kafka-$1 kind user
	[[ -e $dir/data/meta.properties ]] && return
	local arguments=(format -t "$(<"$STACK_DIR/kafka.cluster")" -c "$dir/server.properties")
	if [[ $SECURE == 1 ]]; then
		for user in broker tocsin; do
			for kind in SCRAM-SHA-256 SCRAM-SHA-512; do
				arguments+=(--add-scram "$kind=[name=$user,password=$(<"$STACK_DIR/kafka-$user.password")]")
			done
		done
	fi
	(umask 077 && printf '%s\n' "${arguments[@]}" >"$dir/format.arguments") # a file, as anyone may read a command line
	kafka_tool kafka.tools.StorageTool "@$dir/format.arguments" >"$dir/format.log" 2>&1 ||
		{ tail -n 5 "$dir/format.log" >&2; die "formatting the storage of kafka-$1 did not work; the whole log: $dir/format.log"; }
	rm -f "$dir/format.arguments"
}

# kafka_start starts those brokers that do not run, and waits until the cluster has all of them.
kafka_start() {
	local n name started=0
	kafka_base=$(port kafka kafka-1 "$KAFKA_PORT" 19092 13)
	for name in $(kafka_names); do
		pid_of "$name" >/dev/null || started=1
	done
	((started)) || return 0

	[[ -s $STACK_DIR/kafka.cluster ]] || kafka_uuid >"$STACK_DIR/kafka.cluster"
	if [[ $SECURE == 1 ]]; then
		certificates
		secret "$STACK_DIR/kafka-broker.password"
		secret "$STACK_DIR/kafka-tocsin.password"
		(umask 077 && kafka_client_properties >"$STACK_DIR/kafka-client.properties")
	fi
	for ((n = 1; n <= BROKERS; n++)); do
		name=kafka-$n
		pid_of "$name" >/dev/null && continue
		refuse_taken KAFKA_PORT $((kafka_base + n - 1)) $((kafka_base + n + 9))
		mkdir -p "$STACK_DIR/$name"
		(umask 077 && kafka_properties "$n" >"$STACK_DIR/$name/server.properties")
		kafka_format "$n"
		: >"$STACK_DIR/$name.log"
		kafka_launch "$name"
	done
	for ((n = 1; n <= BROKERS; n++)); do
		wait_for "kafka-$n" "$READY_SECONDS" kafka_answers "$n"
	done
	wait_for kafka-1 "$READY_SECONDS" kafka_complete
	wait_for kafka-1 "$READY_SECONDS" kafka_coordinates
}

kafka_launch() {
	detached "$STACK_DIR/$1.log" "$JAVA/bin/java" "-Xmx$KAFKA_HEAP" "$(mark "$1")" \
		-Dlog4j2.configurationFile="$stack_home/log4j2.properties" \
		-cp "$(cache_root)/kafka-$KAFKA_VERSION/*" kafka.Kafka "$STACK_DIR/$1/server.properties"
	echo "$launched" >"$STACK_DIR/$1.pid"
	begun+=("$1")
	say "$1 starts (pid $launched)"
}

# kafka_uuid prints 16 random bytes as Kafka writes a cluster id: base64 for URLs, unpadded, not beginning with a dash.
kafka_uuid() {
	local id=-
	while [[ $id == -* ]]; do
		id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n')
	done
	echo "$id"
}

# kafka_answers N: does broker N answer ApiVersions (key 18, version 0)? This needs no login.
kafka_answers() {
	[[ $(kafka_ask "$1" 8 '\0\0\0\x0f' '\0\x12\0\0') == 0000????00000001 ]] # a short length, then the correlation id that was sent
}

# kafka_coordinates: is there a coordinator for a group (FindCoordinator, key 10, version 0: error 0)? The first who asks makes Kafka create the
# topic for it, and clients that are told "not yet" wait for seconds; so it is asked here. Over SASL that would take a whole client.
kafka_coordinates() {
	[[ $SECURE == 1 || $(kafka_ask 1 10 '\0\0\0\x16' '\0\x0a\0\0' '\0\5stack') == 0000????000000010000 ]]
}

# kafka_ask N BYTES LENGTH KEY [BODY] sends one request to broker N and prints the first BYTES of the answer in hexadecimal.
kafka_ask() {
	printf "$3$4"'\0\0\0\1\0\5stack'"${5:-}" | kafka_exchange "$(kafka_address "$1")" "$2" | od -An -tx1 | tr -d ' \n'
}

kafka_exchange() { # ADDRESS BYTES
	if [[ $SECURE == 1 ]]; then
		{ cat; sleep 1; } | limited 3 openssl s_client -quiet -no_ign_eof -verify_return_error -CAfile "$STACK_DIR/tls/ca.crt" -connect "$1" 2>/dev/null | head -c "$2"
	else
		{ exec 3<>"/dev/tcp/${1%:*}/${1#*:}" && cat >&3 && limited 3 head -c "$2" <&3; } 2>/dev/null
	fi
}

kafka_client_properties() {
	cat <<-END
		security.protocol=SASL_SSL
		sasl.mechanism=SCRAM-SHA-256
		sasl.jaas.config=$(kafka_jaas tocsin "$STACK_DIR/kafka-tocsin.password")
		ssl.truststore.type=PEM
		ssl.truststore.location=$STACK_DIR/tls/ca.crt
	END
}

# kafka_complete: does a real client, logged in as the tests will be, see all brokers?
kafka_complete() {
	local client=()
	[[ $SECURE == 0 ]] || client=(--command-config "$STACK_DIR/kafka-client.properties")
	kafka_tool kafka.admin.ConfigCommand --bootstrap-server "$(kafka_addresses)" "${client[@]}" \
		--describe --entity-type brokers >"$STACK_DIR/kafka-client.log" 2>&1 || return 1
	(($(grep -c '^Dynamic configs for broker [0-9]' "$STACK_DIR/kafka-client.log") == BROKERS))
}

kafka_env() {
	pid_of kafka-1 >/dev/null || return 0
	kafka_base=$(<"$STACK_DIR/kafka.port")
	printf 'TOCSIN_TEST_KAFKA=%s\n' "$(kafka_addresses)"
	[[ $SECURE == 1 ]] || return 0
	printf 'TOCSIN_TEST_KAFKA_%s\n' "CA=$STACK_DIR/tls/ca.crt" "USER=tocsin" "PASSWORD_FILE=$STACK_DIR/kafka-tocsin.password"
}
