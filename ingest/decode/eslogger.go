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
			event_type                                 event.code text
			event.lw_session_login.username            user.name
			event.lw_session_logout.username           user.name
			event.lw_session_lock.username             user.name
			event.lw_session_unlock.username           user.name
			event.openssh_login.username               user.name
			event.openssh_login.source_address         source.ip
			event.openssh_logout.username              user.name
			event.openssh_logout.source_address        source.ip
			event.login_login.username                 user.name
			event.login_logout.username                user.name
			event.screensharing_attach.source_address  source.ip
			event.screensharing_attach.authentication_username user.name
			event.screensharing_detach.source_address  source.ip
			event.sudo.from_username                   user.name
			event.sudo.to_username                     user.effective.name
			event.sudo.command                         process.command_line
			event.su.from_username                     user.name
			event.su.to_username                       user.effective.name
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
	logins := newMacLogins(d)
	return func(in *doc, o *output) {
		logins.apply(in, o)
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

// A macLogins sets what the events of people coming and going are, and how what was asked for ended.
type macLogins struct {
	events                           map[*name][3]string // category, type, action
	allowed                          *name
	category, types, action, outcome *name
	success                          []*name
}

func newMacLogins(d *dictionary) *macLogins {
	m := &macLogins{
		events: map[*name][3]string{}, allowed: d.name("action.result.result.auth"), category: d.name("event.category"), types: d.name("event.type"), action: d.name("event.action"), outcome: d.name("event.outcome"),
	}
	for event, sort := range map[string][2]string{
		"lw_session_login": {"authentication,session", "start"}, "lw_session_logout": {"authentication,session", "end"}, "lw_session_lock": {"session", "info"}, "lw_session_unlock": {"session", "info"},
		"openssh_login": {"authentication,session", "start"}, "openssh_logout": {"authentication,session", "end"}, "login_login": {"authentication,session", "start"}, "login_logout": {"authentication,session", "end"},
		"screensharing_attach": {"session,network", "start"}, "screensharing_detach": {"session,network", "end"}, "sudo": {"process", "start"}, "su": {"authentication", "start"},
	} {
		m.events[d.name("event."+event)] = [3]string{sort[0], sort[1], event}
	}
	m.success = d.names("event.openssh_login.success", "event.login_login.success", "event.screensharing_attach.success", "event.sudo.success", "event.su.success")
	return m
}

func (m *macLogins) apply(in *doc, o *output) {
	if success := in.first(m.success...); success.Kind() == tocsin.Bool {
		o.put(m.outcome, map[bool]string{true: "success", false: "failure"}[success.Bool()])
	} else if verdict, ok := in.value(m.allowed).Int(); ok {
		o.put(m.outcome, map[bool]string{true: "success", false: "failure"}[verdict == 0])
	}
	if o.has(m.category) {
		return
	}
	for _, l := range in.leaves[1:] {
		if l.name == nil {
			continue
		}
		if sort, ok := m.events[l.name.up]; ok {
			o.keep(m.category, listOf(sort[0]))
			o.keep(m.types, listOf(sort[1]))
			o.put(m.action, sort[2])
			return
		}
	}
}
