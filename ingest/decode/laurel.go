package decode

import (
	"strings"

	"tocsin"
)

// laurel reads what LAUREL makes of the Linux audit daemon's records: all that belongs to one system call in one object.
func laurel(d *dictionary) object {
	return product{
		prefix: "auditd.laurel",
		signs:  "ID SYSCALL.syscall",
		fixed:  "event.kind event\nevent.category process\nevent.module auditd\nevent.type info\nhost.os.type linux",
		moves: `
			NODE                     host.name
			SYSCALL.pid              process.pid
			SYSCALL.ppid             process.parent.pid
			SYSCALL.PPID.exe         process.parent.executable
			SYSCALL.exe              process.executable
			SYSCALL.comm             process.name
			SYSCALL.exit             process.exit_code
			SYSCALL.uid              user.id text
			SYSCALL.UID              user.name
			SYSCALL.EUID             user.effective.name
			SYSCALL.euid             user.effective.id text
			SYSCALL.auid             auditd.data.auid text
			SYSCALL.key              auditd.data.key text
			SYSCALL.syscall          auditd.data.syscall text
			SYSCALL.ses              auditd.session text
			EXECVE.ARGV              process.args
			EXECVE.argc              process.args_count
			CWD.cwd                  process.working_directory`,
		words: "SYSCALL.success event.outcome yes=success no=failure",
		then:  laurelCommand,
	}.object(d)
}

// laurelCommand takes the time out of the id ("1772359200.125:42") and makes a command line of the arguments.
func laurelCommand(d *dictionary) func(*doc, *output) {
	id, execve := d.name("ID"), d.name("EXECVE.argc")
	args, command, types, action := d.name("process.args"), d.name("process.command_line"), d.name("event.type"), d.name("event.action")
	call := d.name("SYSCALL.SYSCALL")
	return func(in *doc, o *output) {
		stamp, _, _ := strings.Cut(in.text(id), ":")
		if v, ok := tocsin.NumberValue(stamp); ok {
			o.time = timeOf(v)
		}
		var words []string
		for _, v := range o.value(args).Items() {
			words = append(words, v.Text())
		}
		o.put(command, strings.Join(words, " "))
		if in.has(execve) {
			o.put(types, "start")
		}
		o.put(action, in.text(call))
	}
}
