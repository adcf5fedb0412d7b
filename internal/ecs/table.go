package ecs

// sets holds the leaves of ECS 8.17, one field set a line: its name, a colon, and its leaves below that name. A leaf
// is a keyword unless a type follows a slash: t text, i ip, l long, d double, b boolean, s date, o object or flattened,
// g geo point. A word that opens with + puts the leaves of another set below a name: "+hash" at its own name,
// "+geo=client.geo" at another. The set called "base" stands at the root.
const sets = `
base: @timestamp/s message/t tags labels/o
agent: build.original ephemeral_id id name type version
as: number/l organization.name
client: address bytes/l domain ip/i mac nat.ip/i nat.port/l packets/l port/l registered_domain subdomain top_level_domain +as +geo +user
cloud: account.id account.name availability_zone instance.id instance.name machine.type project.id project.name provider region service.name +cloudid=origin +cloudid=target
-cloudid: account.id account.name availability_zone instance.id instance.name machine.type project.id project.name provider region service.name
-code_signature: digest_algorithm exists/b flags signing_id status subject_name team_id thumbprint_sha256 timestamp/s trusted/b valid/b
container: cpu.usage/d disk.read.bytes/l disk.write.bytes/l id image.hash.all image.name image.tag labels/o memory.usage/d name network.egress.bytes/l network.ingress.bytes/l runtime security_context.privileged/b
data_stream: dataset namespace type
destination: address bytes/l domain ip/i mac nat.ip/i nat.port/l packets/l port/l registered_domain subdomain top_level_domain +as +geo +user
device: id manufacturer model.identifier model.name serial_number
dll: name path +code_signature +hash +pe
dns: answers/o answers.class answers.data answers.name answers.ttl/l answers.type header_flags id op_code question.class question.name question.registered_domain question.subdomain question.top_level_domain question.type resolved_ip/i response_code type
ecs: version
-elf: architecture byte_order cpu_type creation_date/s exports/o go_import_hash go_imports/o go_imports_names_entropy/l go_imports_names_var_entropy/l go_stripped/b header.abi_version header.class header.data header.entrypoint/l header.object_version header.os_abi header.type header.version import_hash imports/o imports_names_entropy/l imports_names_var_entropy/l sections/o sections.chi2/l sections.entropy/l sections.flags sections.name sections.physical_offset sections.physical_size/l sections.type sections.var_entropy/l sections.virtual_address/l sections.virtual_size/l segments/o segments.sections segments.type shared_libraries telfhash
email: attachments/o attachments.file.extension attachments.file.mime_type attachments.file.name attachments.file.size/l bcc.address cc.address content_type delivery_timestamp/s direction from.address local_id message_id origination_timestamp/s reply_to.address sender.address subject to.address x_mailer +hash=attachments.file.hash
error: code id message/t stack_trace type
event: action agent_id_status category code created/s dataset duration/l end/s hash id ingested/s kind module original outcome provider reason reference risk_score/d risk_score_norm/d sequence/l severity/l start/s timezone type url
faas: coldstart/b execution id name trigger.request_id trigger.type version
file: accessed/s attributes created/s ctime/s device directory drive_letter extension fork_name gid group inode mime_type mode mtime/s name origin_referrer_url origin_url owner path size/l target_path type uid +code_signature +elf +hash +macho +pe +x509
-geo: city_name continent_code continent_name country_iso_code country_name location/g name postal_code region_iso_code region_name timezone
group: domain id name
-hash: cdhash md5 sha1 sha256 sha384 sha512 ssdeep tlsh
host: architecture boot.id cpu.usage/d disk.read.bytes/l disk.write.bytes/l domain hostname id ip/i mac name network.egress.bytes/l network.egress.packets/l network.ingress.bytes/l network.ingress.packets/l pid_ns_ino type uptime/l +geo +os +risk
http: request.body.bytes/l request.body.content request.bytes/l request.id request.method request.mime_type request.referrer response.body.bytes/l response.body.content response.bytes/l response.mime_type response.status_code/l version
log: file.path level logger origin.file.line/l origin.file.name origin.function syslog.appname syslog.facility.code/l syslog.facility.name syslog.hostname syslog.msgid syslog.priority/l syslog.procid syslog.severity.code/l syslog.severity.name syslog.structured_data/o syslog.version
-macho: go_import_hash go_imports/o go_imports_names_entropy/l go_imports_names_var_entropy/l go_stripped/b import_hash imports/o imports_names_entropy/l imports_names_var_entropy/l sections/o sections.entropy/l sections.name sections.physical_size/l sections.var_entropy/l sections.virtual_size/l symhash
network: application bytes/l community_id direction forwarded_ip/i iana_number inner/o inner.vlan.id inner.vlan.name name packets/l protocol transport type vlan.id vlan.name
observer: egress/o egress.interface.alias egress.interface.id egress.interface.name egress.vlan.id egress.vlan.name egress.zone hostname ingress/o ingress.interface.alias ingress.interface.id ingress.interface.name ingress.vlan.id ingress.vlan.name ingress.zone ip/i mac name product serial_number type vendor version +geo +os
orchestrator: api_version cluster.id cluster.name cluster.url cluster.version namespace organization resource.annotation resource.id resource.ip/i resource.label resource.name resource.parent.type resource.type type
organization: id name
-os: family full kernel name platform type version
package: architecture build_version checksum description install_scope installed/s license name path reference size/l type version
-pe: architecture company description file_version go_import_hash go_imports/o go_imports_names_entropy/l go_imports_names_var_entropy/l go_stripped/b imphash import_hash imports/o imports_names_entropy/l imports_names_var_entropy/l original_file_name pehash product sections/o sections.entropy/l sections.name sections.physical_size/l sections.var_entropy/l sections.virtual_size/l
process: +proc +proc=parent +procid=parent.group_leader +proctree=entry_leader +proctree=group_leader +proctree=session_leader +proctree=previous +procid=entry_leader.parent +procid=entry_leader.parent.session_leader +procid=session_leader.parent +procid=session_leader.parent.session_leader +proctree=responsible
-proc: args args_count/l command_line end/s entity_id env_vars executable exit_code/l group.id group.name interactive/b name origin_referrer_url origin_url pgid/l pid/l real_group.id real_group.name real_user.id real_user.name same_as_process/b saved_group.id saved_group.name saved_user.id saved_user.name start/s supplemental_groups.id supplemental_groups.name thread.capabilities.effective thread.capabilities.permitted thread.id/l thread.name title tty/o tty.char_device.major/l tty.char_device.minor/l tty.columns/l tty.rows/l uptime/l user.id user.name vpid/l working_directory io/o io.bytes_skipped/o io.bytes_skipped.length/l io.bytes_skipped.offset/l io.max_bytes_per_process_exceeded/b io.text io.total_bytes_captured/l io.total_bytes_skipped/l io.type attested_groups.name attested_user.id attested_user.name entry_meta.source.ip/i entry_meta.type +code_signature +elf +hash +macho +pe
-proctree: args args_count/l command_line entity_id executable group.id group.name interactive/b name pid/l real_group.id real_group.name real_user.id real_user.name same_as_process/b saved_group.id saved_group.name saved_user.id saved_user.name start/s supplemental_groups.id supplemental_groups.name tty/o tty.char_device.major/l tty.char_device.minor/l user.id user.name vpid/l working_directory attested_groups.name attested_user.id attested_user.name entry_meta.source.ip/i entry_meta.type
-procid: entity_id pid/l start/s vpid/l
registry: data.bytes data.strings data.type hive key path value
related: hash hosts ip/i user
-risk: calculated_level calculated_score/d calculated_score_norm/d static_level static_score/d static_score_norm/d
rule: author category description id license name reference ruleset uuid version
server: address bytes/l domain ip/i mac nat.ip/i nat.port/l packets/l port/l registered_domain subdomain top_level_domain +as +geo +user
service: address environment ephemeral_id id name node.name node.role node.roles state type version +serviceid=origin +serviceid=target
-serviceid: address environment ephemeral_id id name node.name node.role node.roles state type version
source: address bytes/l domain ip/i mac nat.ip/i nat.port/l packets/l port/l registered_domain subdomain top_level_domain +as +geo +user
span: id
threat: enrichments/o enrichments.matched.atomic enrichments.matched.field enrichments.matched.id enrichments.matched.index enrichments.matched.occurred/s enrichments.matched.type feed.dashboard_id feed.description feed.name feed.reference framework group.alias group.id group.name group.reference software.alias software.id software.name software.platforms software.reference software.type tactic.id tactic.name tactic.reference technique.id technique.name technique.reference technique.subtechnique.id technique.subtechnique.name technique.subtechnique.reference +indicator +indicator=enrichments.indicator
-indicator: confidence description email.address first_seen/s id ip/i last_seen/s marking.tlp marking.tlp_version modified_at/s name port/l provider reference scanner_stats/l sightings/l type +as +file +geo +registry +url +x509
tls: cipher client.certificate client.certificate_chain client.hash.md5 client.hash.sha1 client.hash.sha256 client.issuer client.ja3 client.not_after/s client.not_before/s client.server_name client.subject client.supported_ciphers curve established/b next_protocol resumed/b server.certificate server.certificate_chain server.hash.md5 server.hash.sha1 server.hash.sha256 server.issuer server.ja3s server.not_after/s server.not_before/s server.subject version version_protocol +x509=client.x509 +x509=server.x509
trace: id
transaction: id
url: domain extension fragment full original password path port/l query registered_domain scheme subdomain top_level_domain username
user: +usr +usr=changes +usr=effective +usr=target +risk entity.id
-usr: domain email full_name group.domain group.id group.name hash id name roles
user_agent: device.name name original version +os
vlan: id name
volume: bus_type default_access device_name device_type dos_name file_system_type mount_name nt_name product_id product_name removable/b serial_number size/l vendor_id vendor_name writable/b
vulnerability: category classification description enumeration id reference report_id scanner.vendor score.base/d score.environmental/d score.temporal/d score.version severity
-x509: alternative_names issuer.common_name issuer.country issuer.distinguished_name issuer.locality issuer.organization issuer.organizational_unit issuer.state_or_province not_after/s not_before/s public_key_algorithm public_key_curve public_key_exponent/l public_key_size/l serial_number signature_algorithm subject.common_name subject.country subject.distinguished_name subject.locality subject.organization subject.organizational_unit subject.state_or_province version_number
`

// custom holds the types of leaves outside ECS that decoders fill and rules read often; every other leaf of a custom
// namespace takes whatever its source writes.
const custom = `
winlog: activity_id api channel computer_name event_id keywords level logon.id logon.type opcode process.pid/l process.thread.id/l provider_guid provider_name record_id task user.domain user.identifier user.name user.type version/l
suricata: eve.event_type eve.flow_id eve.alert.action eve.alert.signature_id eve.alert.gid eve.alert.rev
auditd: log.record_type log.sequence/l result session
cef: name severity version device.vendor device.product device.version device.event_class_id
zeek: stream uid
tocsin: tenant severity/l rule.id rule.title rule.version rule.status rule.level rule.category rule.tags rule.risk/d event.id
`

// namespaces are the roots outside ECS whose leaves are accepted unseen.
const namespaces = `labels winlog nxlog auditd suricata wazuh aws cef zeek json syslog tocsin kibana signal azure gcp okta o365 github microsoft crowdstrike falco osquery ocsf google_workspace powershell sysmon panw fortinet cisco checkpoint sophos snort iptables apache nginx iis haproxy kubernetes docker mssql mysql postgresql leef splunk sentinel_one opensearch prometheus keyvalue macos hayabusa chainsaw zircolite rsigma squid exim xml`
