package decode

import "strings"

// A powershell reads the context that PowerShell's own events carry as lines of "Key = value".
type powershell struct {
	executable                                                                            *name
	context, param, second, said, user, command, identifier, userID, name, domain, script *name
}

func newPowershell(d *dictionary) powershell {
	return powershell{
		executable: d.name("process.executable"),
		context:    d.name("winlog.event_data.ContextInfo"), param: d.name("winlog.event_data.param3"), second: d.name("winlog.event_data.param2"),
		said: d.name("message"), script: d.name("file.path"), command: d.name("process.command_line"),
		identifier: d.name("winlog.user.identifier"), userID: d.name("user.id"), name: d.name("user.name"), domain: d.name("user.domain"),
		user: d.name("winlog.user.name"),
	}
}

func (p *powershell) apply(o *output) {
	o.set(p.userID, o.value(p.identifier))
	text := o.text(p.context)
	if second := o.text(p.second); text == "" && strings.Contains(second, "DetailSequence=") {
		text = second
	}
	for _, n := range [...]*name{p.param, p.second, p.said} { // the details of a pipeline stand behind the context
		if !strings.Contains(text, "=") {
			text = o.text(n)
		}
	}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.ReplaceAll(strings.TrimSpace(key), " ", "") {
		case "HostApplication", "Hostanwendung", "Applicationhôte", "Aplicaciónhost", "Applicazionehost", "Ведущееприложение", "ホストアプリケーション", "主机应用程序":
			o.put(p.command, value)
			p.host(value, o)
		case "ScriptName":
			o.put(p.script, value)
		case "User", "UserId", "Benutzer", "Utilisateur", "Usuario", "Utente", "Usuário", "Пользователь", "ユーザー", "用户": // in the language of Windows
			domain, user := splitAccount(value)
			if !o.has(p.name) {
				o.put(p.name, user)
				o.put(p.domain, domain)
			}
		}
	}
	o.set(p.name, o.value(p.user))
}

// host sets the program that an engine runs in, where its command begins with a whole path.
func (p *powershell) host(command string, o *output) {
	command = strings.TrimPrefix(command, `"`)
	end := strings.Index(o.lower(command), ".exe")
	if end > 0 && wholePath(command[:end]) && !strings.ContainsAny(command[:end], `"'`) {
		o.put(p.executable, command[:end+len(".exe")])
	}
}
