# What the machine must have, and the servers' artifacts: from Maven Central through mvn, once, checked against `checksums`. Sourced, not run.
# shellcheck shell=bash

# cache_root is one folder for all stacks of a user.
cache_root() { echo "${XDG_CACHE_HOME:-${HOME:?}/.cache}/tocsin-stack"; }

# remedy NAME… prints how to install all of them with the package manager that is here.
remedy() {
	local tool least how='apt-get install' java packages=()
	least=$(java_least)
	java=openjdk-$least-jre-headless
	if command -v apt-get >/dev/null; then :
	elif command -v dnf >/dev/null; then how='dnf install' java=java-$least-openjdk-headless
	elif command -v brew >/dev/null; then how='brew install' java=openjdk@$least
	else how=install java='a Java runtime'
	fi
	for tool in "$@"; do
		case $tool in
		Java*) packages+=("$java") ;;
		mvn) packages+=(maven) ;;
		setpriv) packages+=(util-linux) ;;
		*) packages+=("$tool") ;;
		esac
	done
	echo "$how ${packages[*]}"
}

# java_least is the Java version that the chosen servers need.
java_least() { if wants elasticsearch && [[ $ES_VERSION != 8.* ]]; then echo 21; else echo 17; fi; }

# java_home prints the home of a Java that is new enough: JAVA_HOME's, else the one on the PATH.
java_home() {
	local java=java properties
	[[ -z ${JAVA_HOME:-} ]] || java=$JAVA_HOME/bin/java
	properties=$("$java" -XshowSettings:properties -version 2>&1) || return 1
	((10#$(sed -n 's/^ *java.specification.version = \([0-9]*\).*/\1/p' <<<"$properties") >= $(java_least))) || return 1
	sed -n 's/^ *java.home = //p' <<<"$properties"
}

# need_tools ends with one line that names everything missing and the remedy. Maven counts only while something must be fetched.
need_tools() {
	local missing=() tools=(curl) tool
	JAVA=$(java_home) || missing+=("Java $(java_least) or later")
	! wants elasticsearch || tools+=(unzip)
	[[ $SECURE == 0 ]] || tools+=(openssl)
	fetched || tools+=(mvn)
	if wants elasticsearch && ((EUID == 0)) && ! command -v runuser >/dev/null; then tools+=(setpriv); fi
	for tool in "${tools[@]}"; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	((${#missing[@]} == 0)) || lack "missing: $(list "${missing[@]}"). Remedy: $(remedy "${missing[@]}")"
}

list() { local IFS=,; sed 's/,/, /g' <<<"$*"; }

artifacts() { # the folders below the cache that this run needs
	wants kafka && echo "kafka-$KAFKA_VERSION"
	wants elasticsearch && echo "elasticsearch-$ES_VERSION"
	return 0
}

fetched() {
	local name
	for name in $(artifacts); do
		[[ -d $(cache_root)/$name ]] || return 1
	done
}

sha256_check() {
	if command -v sha256sum >/dev/null; then sha256sum --check --quiet --strict; else shasum -a 256 --check --quiet --strict; fi
}

# verified FOLDER NAME: holds FOLDER/NAME the files that `checksums` names, all of them, none besides, none changed?
verified() {
	local listed
	listed=$(grep "  $2/" "$stack_home/checksums") || return 1
	diff <(sed 's/^[0-9a-f]*  //' <<<"$listed" | sort) <(cd "$1" && find "$2" -type f | sort) >&2 || return 1
	(cd "$1" && sha256_check <<<"$listed" >&2)
}

pinned() { list $(sed 's/^[0-9a-f]*  //; s|/.*||' "$stack_home/checksums" | sort -u); }

# fetch makes the cache complete. Each folder is filled beside its place and moved there only when verified.
fetch() {
	local cache name fresh
	cache=$(cache_root)
	mkdir -p "$cache"
	for name in $(artifacts); do
		grep -q "  $name/" "$stack_home/checksums" || die "deploy/stack/checksums pins no $name; it has: $(pinned)"
		if [[ ! -d $cache/$name ]]; then
			say "fetching $name"
			fresh=$(mktemp -d "$cache/fresh.XXXXXX")
			"fetch_${name%%-*}" "$fresh/$name" >"$STACK_DIR/fetch.log" 2>&1 || { tail -n 5 "$STACK_DIR/fetch.log" >&2; rm -rf "$fresh"; die "fetching $name with mvn did not work; the whole log: $STACK_DIR/fetch.log"; }
			verified "$fresh" "$name" || { rm -rf "$fresh"; die "$name is not what deploy/stack/checksums pins: not used"; }
			# Another run may have been first. A mv without -T would move ours into its folder, so it is for where there is none.
			mv -T "$fresh/$name" "$cache/$name" 2>/dev/null || [[ -d $cache/$name ]] || mv "$fresh/$name" "$cache/$name"
			rm -rf "$fresh"
		fi
		verified "$cache" "$name" || die "$cache/$name was changed since it was fetched: remove it and run up again"
	done
}

fetch_kafka() {
	mvn -q -B -f "$stack_home/kafka.pom.xml" -Dkafka.version="$KAFKA_VERSION" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$1"
}

fetch_elasticsearch() {
	mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
		-Dartifact="org.elasticsearch.distribution.integ-test-zip:elasticsearch:$ES_VERSION:zip" -DoutputDirectory="$1"
}
