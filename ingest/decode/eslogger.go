package decode

import (
	"strings"

	"tocsin"
)

// eslogger reads the events of Apple's Endpoint Security framework as eslogger writes them.
func eslogger(d *dictionary) object {
	return product{
		prefix: "macos.es",
		signs:  "event_type process.audit_token.pid process.executable.path schema_version",
		times:  "time",
		fixed:  "event.kind event\nevent.module macos\nhost.os.type macos",
		moves: `
			event.exec.target.executable.path          process.executable
			event.exec.target.audit_token.pid          process.pid
			event.exec.target.ppid                     process.parent.pid
			event.exec.target.group_id                 process.group_leader.pid
			event.exec.target.session_id               process.session_leader.pid
			event.exec.target.audit_token.euid         user.id text
			event.exec.target.signing_id               process.code_signature.signing_id
			event.exec.target.team_id                  process.code_signature.team_id
			event.exec.args                            process.args
			event.exec.cwd.path                        process.working_directory
			event.fork.child.executable.path           process.executable
			event.fork.child.audit_token.pid           process.pid
			event.fork.child.ppid                      process.parent.pid
			event.write.target.path                    file.path
			event.unlink.target.path                   file.path
			event.open.file.path                       file.path
			event.close.target.path                    file.path
			event.create.destination.existing_file.path file.path
			event.rename.source.path                   file.path
			process.executable.path                    process.executable
			process.audit_token.pid                    process.pid
			process.ppid                               process.parent.pid
			process.group_id                           process.group_leader.pid
			process.audit_token.euid                   user.id text
			process.signing_id                         process.code_signature.signing_id
			process.team_id                            process.code_signature.team_id`,
		words: `event_type event.category 9|11|15=process 10|12|13|25|32|33=file
			event_type event.type 9|11=start 15=end 10=access 12=info 13=creation 25=change 32=deletion 33=change
			event_type event.action 9=exec 10=open 11=fork 12=close 13=create 15=exit 25=rename 32=unlink 33=write`,
		then: esloggerNames,
	}.object(d)
}

// esloggerNames makes a command line of the arguments, and names the image that an exec has replaced and the
// application bundle that a file or a program lies in.
func esloggerNames(d *dictionary) func(*doc, *output) {
	args, command, executable, file := d.name("process.args"), d.name("process.command_line"), d.name("process.executable"), d.name("file.path")
	image, before, bundle, exec := d.name("process.executable.path"), d.name("process.previous.executable"), d.name("macos.bundle"), d.name("event.exec.target.executable.path")
	return func(in *doc, o *output) {
		var words []string
		for _, v := range o.value(args).Items() {
			words = append(words, v.Text())
		}
		o.put(command, strings.Join(words, " "))
		if in.has(exec) {
			o.keep(before, tocsin.StringsValue(in.text(image)))
		}
		path := o.text(executable)
		if o.has(file) {
			path = o.text(file)
		}
		if app, _, ok := strings.Cut(path, ".app/"); ok {
			o.put(bundle, app+".app")
		}
	}
}
