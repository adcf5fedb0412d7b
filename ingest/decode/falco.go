package decode

import "strings"

// falco reads the alerts of Falco: rules over system calls and over the audit of Kubernetes.
func falco(d *dictionary) object {
	return product{
		prefix: "falco",
		signs:  "rule output priority\nrule priority time output_fields.evt.time",
		times:  "time output_fields.evt.time output_fields.evt.time.iso8601",
		fixed:  "event.kind alert\nevent.category intrusion_detection process\nevent.type info\nevent.module falco\nobserver.vendor Falco\nobserver.product Falco\nobserver.type sensor",
		moves: `
			rule                                  rule.name
			output                                message
			uuid                                  event.id
			hostname                              host.name
			source                                event.provider
			tags                                  tags
			output_fields.user.name               user.name
			output_fields.ka.user.name            user.name
			output_fields.ct.user                 user.name
			output_fields.user.uid                user.id text
			output_fields.proc.name               process.name
			output_fields.proc.cmdline            process.command_line
			output_fields.proc.exepath            process.executable
			output_fields.proc.exe                process.executable
			output_fields.proc.pid                process.pid
			output_fields.proc.cwd                process.working_directory
			output_fields.proc.pname              process.parent.name
			output_fields.proc.pcmdline           process.parent.command_line
			output_fields.proc.ppid               process.parent.pid
			output_fields.proc.pexepath           process.parent.executable
			output_fields.fd.name                 file.path
			output_fields.fs.path.name            file.path
			output_fields.fd.lip                  host.ip
			output_fields.fd.sip                  destination.ip
			output_fields.fd.sport                destination.port
			output_fields.fd.cip                  source.ip
			output_fields.fd.cport                source.port
			output_fields.fd.rip                  destination.ip
			output_fields.fd.rport                destination.port
			output_fields.fd.l4proto              network.transport transport
			output_fields.ct.srcip                source.ip
			output_fields.ka.sourceips            source.ip first
			output_fields.evt.type                event.action
			output_fields.ka.verb                 event.action
			output_fields.ct.name                 event.action
			output_fields.ka.uri                  url.original
			output_fields.ka.response.code        http.response.status_code
			output_fields.container.id            container.id
			output_fields.container.name          container.name
			output_fields.container.image.repository container.image.name
			output_fields.container.image.tag     container.image.tag
			output_fields.k8s.ns.name             orchestrator.namespace
			output_fields.ka.target.namespace     orchestrator.namespace
			output_fields.k8s.pod.name            orchestrator.resource.name
			output_fields.ka.target.name          orchestrator.resource.name
			output_fields.ka.target.resource      orchestrator.resource.type`,
		words: "priority event.severity debug|informational|notice=1 warning=47 error=73 critical|alert|emergency=99",
		then:  falcoThreat,
	}.object(d)
}

// falcoThreat reads the technique and the tactic out of the tags.
func falcoThreat(d *dictionary) func(*doc, *output) {
	tags, technique, tactic := d.name("tags"), d.name("threat.technique.id"), d.name("threat.tactic.name")
	return func(in *doc, o *output) {
		for _, v := range in.value(tags).Items() {
			s := v.Text()
			if len(s) >= 5 && s[0] == 'T' && strings.Trim(s[1:], "0123456789.") == "" {
				o.put(technique, s)
			}
			if name, ok := strings.CutPrefix(s, "mitre_"); ok {
				o.put(tactic, strings.ReplaceAll(name, "_", " "))
			}
		}
	}
}
