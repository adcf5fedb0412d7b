# Shared by up, down and status: settings, words to the user, and processes that are known by pid. Sourced, not run.
# shellcheck shell=bash

stack_home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$stack_home/../.." && pwd)

# What is not set is as the last up in this data folder had it, or else the default.
STACK_DIR=${STACK_DIR:-$repo/.stack}
KAFKA_PORT=${KAFKA_PORT:-} # a number, or "free" to take free ones
ES_PORT=${ES_PORT:-}
KAFKA_SESSION_MS=${KAFKA_SESSION_MS:-9000} # of a broker with the controllers: the default of Kafka
KAFKA_ADVERTISED_PORT=${KAFKA_ADVERTISED_PORT:-} # of the first broker, as clients are told it; its own where it is not set
KAFKA_HEAP=${KAFKA_HEAP:-512m}
ES_HEAP=${ES_HEAP:-512m}
BROKERS=${BROKERS:-}
SECURE=${SECURE:-}
KAFKA_VERSION=${KAFKA_VERSION:-}
ES_VERSION=${ES_VERSION:-}
ONLY=${ONLY:-}
READY_SECONDS=${READY_SECONDS:-120} # the longest wait for one server; 5 to 20 s is usual

say() { printf 'stack: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# lack says in one line what the machine has not and how to get it. Scripts read exit code 3 as "cannot run here".
lack() { say "$*"; exit 3; }

((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) || lack "missing: bash 4.4 or later. Remedy: brew install bash"

# check_settings refuses a setting that could only fail later and less clearly.
check_settings() {
	local port
	for port in "$KAFKA_PORT" "$ES_PORT" "$KAFKA_ADVERTISED_PORT"; do
		[[ $port =~ ^(|free)$ || ( $port =~ ^[0-9]{4,5}$ && 10#$port -lt 65000 ) ]] || die "port '$port' is neither 'free' nor a number from 1000 to 64999"
	done
	[[ $BROKERS =~ ^[13]?$ ]] || die "BROKERS is 1 or 3, not '$BROKERS'"
	[[ $SECURE =~ ^[01]?$ ]] || die "SECURE is 0 or 1, not '$SECURE'"
	[[ $KAFKA_VERSION$ES_VERSION =~ ^[0-9.]*$ ]] || die "KAFKA_VERSION and ES_VERSION are such as 4.1.0, not '$KAFKA_VERSION' and '$ES_VERSION'"
	[[ $ONLY =~ ^(|kafka|elasticsearch)$ ]] || die "ONLY is kafka or elasticsearch, not '$ONLY'"
	[[ $KAFKA_SESSION_MS =~ ^[1-9][0-9]{3,5}$ ]] || die "KAFKA_SESSION_MS is 1000 to 999999 milliseconds, not '$KAFKA_SESSION_MS'"
	[[ $READY_SECONDS =~ ^[1-9][0-9]*$ ]] || die "READY_SECONDS is a number of seconds, not '$READY_SECONDS'"
}

wants() { [[ -z $ONLY || $ONLY == "$1" ]]; }

# lock makes a second up or down on the same data folder wait for the first one.
lock() {
	command -v flock >/dev/null || return 0
	exec 9>"$STACK_DIR/lock"
	flock -w 300 9 || die "another up or down has held $STACK_DIR for five minutes"
}

# locate makes STACK_DIR the one true name of the data folder, as processes are known by it.
locate() {
	STACK_DIR=$(cd "$STACK_DIR" && pwd -P)
	[[ $STACK_DIR != *[[:space:]]* ]] || die "STACK_DIR has a space in it, which Elasticsearch's start script cannot take: $STACK_DIR"
}

# mark is an argument on the command line of each server: what makes a pid provably ours.
mark() { echo "-Dtocsin.stack=$STACK_DIR/$1"; }

command_line() {
	if [[ -r /proc/$1/cmdline ]]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -ww -o args= -p "$1"; fi 2>/dev/null || true
}

# pid_of NAME prints the pid of our server NAME, if it lives. A pid file left behind, even
# one whose number now belongs to somebody else's process, counts as not running.
pid_of() {
	local file=$STACK_DIR/$1.pid pid
	[[ -s $file ]] || return 1
	pid=$(<"$file")
	[[ $pid =~ ^[0-9]+$ && "$(command_line "$pid") " == *" $(mark "$1") "* ]] || return 1
	echo "$pid"
}

# servers prints the names of all servers this data folder knows of.
servers() {
	local file
	for file in "$STACK_DIR"/*.pid; do
		[[ -e $file || -L $file ]] && basename "$file" .pid
	done
	return 0
}

# stop NAME ends our server: TERM, up to 20 s to close its files, then KILL.
stop() {
	local pid
	if ! pid=$(pid_of "$1"); then
		rm -f "$STACK_DIR/$1.pid"
		return 0
	fi
	kill -TERM "$pid" 2>/dev/null || true
	for _ in {1..200}; do
		pid_of "$1" >/dev/null || break
		sleep 0.1
	done
	if pid=$(pid_of "$1"); then
		say "$1 (pid $pid) did not end within 20 s: killed"
		kill -KILL "$pid" 2>/dev/null || true
	fi
	rm -f "$STACK_DIR/$1.pid"
}

# taken PORT: does anything accept a connection there?
taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# holder PORT says who listens there, as far as this machine tells.
holder() {
	local who=
	command -v ss >/dev/null && who=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1, pid \2/p' | head -1)
	echo "${who:-another process}"
}

promised=() # ports of servers that this run has started and that may not listen yet

# free_base N prints a port P such that P, P+1, … P+N-1 are free now.
free_base() {
	local base offset
	for _ in {1..100}; do
		base=$((20000 + (RANDOM % 1000) * 10)) # below 32768, where Linux begins to hand out ports by itself
		for ((offset = 0; offset < $1; offset++)); do
			[[ " ${promised[*]-} " != *" $((base + offset)) "* ]] || continue 2
			! taken $((base + offset)) || continue 2
		done
		echo "$base"
		return
	done
	die "no $1 free ports in a row between 20000 and 30000"
}

# port NAME PROCESS SETTING DEFAULT COUNT prints the first of COUNT ports that NAME is to use and keeps it in the data folder.
port() {
	local file=$STACK_DIR/$1.port known=
	[[ ! -s $file ]] || known=$(<"$file")
	if [[ -n $known ]] && pid_of "$2" >/dev/null; then
		[[ $3 =~ ^(|free|$known)$ ]] || die "$2 runs on port $known, asked for was $3: deploy/stack/down first"
	elif [[ $3 == free ]]; then
		free_base "$5" >"$file"
	else
		echo "${3:-${known:-$4}}" >"$file"
	fi
	cat "$file"
}

# wait_for NAME SECONDS COMMAND…: polls COMMAND until it succeeds. It gives up when the time is over or the
# server has died, with the end of its log, as a message is of no use without its reason.
wait_for() {
	local name=$1 end=$((SECONDS + $2)) why
	shift 2
	until "$@" 9>&-; do
		why=
		((SECONDS < end)) || why="was not ready within $READY_SECONDS s (READY_SECONDS sets that)"
		pid_of "$name" >/dev/null || { [[ -n ${launcher:-} ]] && kill -0 "$launcher" 2>/dev/null; } || why="ended while starting"
		if [[ -n $why ]]; then
			tail -n 15 "$STACK_DIR/$name.log" >&2 || true
			die "$name $why; the whole log: $STACK_DIR/$name.log"
		fi
		sleep 0.2
	done
}

# detached LOG COMMAND… starts COMMAND in a session of its own, so that Ctrl-C meant for `up` does not reach it; sets $launched.
detached() {
	local log=$1
	shift
	if command -v setsid >/dev/null; then
		setsid "$@" >>"$log" 2>&1 </dev/null 9>&- &
	else
		nohup "$@" >>"$log" 2>&1 </dev/null 9>&- &
	fi
	launched=$!
}

# limited SECONDS COMMAND… ends COMMAND when its time is over, where the machine has a way to.
limited() {
	if command -v timeout >/dev/null; then timeout "$@"; else "${@:2}"; fi
}

# secret FILE makes a random password once and prints nothing.
secret() {
	[[ -s $1 ]] || (umask 077 && openssl rand -hex 16 >"$1")
}
