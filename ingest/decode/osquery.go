package decode

// osquery reads the results of osquery's scheduled queries, differential and snapshots.
func osquery(d *dictionary) object {
	return product{
		prefix: "osquery",
		signs: "name hostIdentifier action\nname hostIdentifier snapshot\nname hostIdentifier calendarTime\n" +
			"name action=added|removed|snapshot columns.name\nname calendarTime unixTime\nname^pack action=added|removed|snapshot",
		times: "unixTime calendarTime",
		fixed: "event.kind event\nevent.module osquery\nevent.dataset osquery.result\nobserver.vendor osquery\nobserver.product osquery",
		moves: `
			name event.code
			name rule.name
			action event.action
			hostIdentifier host.name
			decorations.hostname host.name
			decorations.host_uuid host.id
			columns.username user.name
			columns.user user.name
			decorations.username user.name
			columns.uid user.id text
			columns.pid process.pid
			columns.parent process.parent.pid
			columns.cmdline process.command_line
			columns.pcmdline process.parent.command_line
			columns.process process.name
			columns.cwd process.working_directory
			columns.target_path file.path
			columns.md5 file.hash.md5
			columns.sha1 file.hash.sha1
			columns.sha256 file.hash.sha256
			columns.remote_address destination.ip
			columns.remote_port destination.port
			columns.local_address source.ip
			columns.local_port source.port`,
		words: "action event.type *=info",
		then: func(d *dictionary) func(*doc, *output) {
			cols := d.names("columns.path", "columns.pid", "columns.name", "columns.cmdline", "columns.remote_address", "columns.username", "columns.directory")
			to := d.names("process.executable", "process.name", "file.path", "event.category")
			return func(in *doc, o *output) {
				path := in.value(cols[0])
				switch {
				case in.has(cols[1]) || in.has(cols[3]):
					o.set(to[0], path)
					o.set(to[1], in.value(cols[2]))
					o.put(to[3], "process")
				case in.has(cols[0]) && !in.has(cols[2]):
					o.set(to[2], path)
					o.put(to[3], "file")
				default:
					o.set(to[2], path)
				}
				switch {
				case in.has(cols[4]):
					o.put(to[3], "network")
				case in.has(cols[5]) && in.has(cols[6]):
					o.put(to[3], "iam")
				}
				o.put(to[3], "host")
			}
		},
	}.object(d)
}
