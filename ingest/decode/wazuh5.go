package decode

import "strings"

// wazuh5 reads the findings of Wazuh 5: documents of ECS with the rule and the agent below wazuh.
func wazuh5(d *dictionary) object {
	base := ecsJSON(d)
	rule, level, agent := d.name("wazuh.rule.title"), d.name("wazuh.rule.level"), d.names("wazuh.agent.host.hostname", "wazuh.agent.name", "host.name", "host.hostname")
	kind, integration, ruleName, severity := d.name("event.kind"), d.name("wazuh.integration.name"), d.name("rule.name"), d.name("event.severity")
	fixed := d.constants("observer.vendor Wazuh\nobserver.product Wazuh\nobserver.type siem")
	own := d.names("wazuh.finding.id", "wazuh.event.id")
	theirs := d.name("wazuh.host.name")
	routes := d.routes(`
		wazuh.rule.id                      rule.id
		wazuh.rule.tags                    rule.category
		wazuh.rule.mitre.technique.id      threat.technique.id
		wazuh.rule.mitre.technique.name    threat.technique.name
		wazuh.rule.mitre.tactic.id         threat.tactic.id
		wazuh.rule.mitre.tactic.name       threat.tactic.name
		wazuh.rule.mitre.subtechnique.id   threat.technique.subtechnique.id
		wazuh.rule.mitre.subtechnique.name threat.technique.subtechnique.name
		wazuh.agent.id                     agent.id
		wazuh.agent.name                   agent.name
		wazuh.agent.version                agent.version
		wazuh.agent.host.ip                host.ip
		wazuh.agent.host.architecture      host.architecture
		wazuh.agent.host.os.name           host.os.name
		wazuh.agent.host.os.platform       host.os.platform`)
	return object{
		anchors: append([]*name{rule, level, integration}, own[:1]...),
		claims: func(in *doc) bool {
			return in.has(rule) || in.has(level) || in.any(own[:1]) || in.has(integration) && in.any(agent[:2])
		},
		read: func(in *doc, o *output) {
			o.set(ruleName, in.value(rule))
			if in.has(rule) || in.has(level) {
				o.put(kind, "alert")
			}
			// The agent is the host; for what an agent collects from others it is the one that the record names.
			o.set(agent[2], in.value(agent[0]))
			o.set(agent[2], in.value(agent[3]))
			o.scale = hundred
			o.set(severity, levelOf(strings.ToLower(in.text(level))))
			o.give(fixed)
			o.move(routes)
			if in.has(agent[2]) && o.text(agent[2]) != in.text(agent[2]) {
				o.set(theirs, in.value(agent[2]))
			}
			base.read(in, o)
		},
	}
}
