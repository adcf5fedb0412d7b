package main

// ruleText are rules beside the shipped ones, so that every run has kinds that wait, count, order and rest on others.
const ruleText = `id: 6c0a0500-0000-4000-8000-000000000001
title: Failures of one address
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: high
when: event.action == "chaos-failed"
correlate: {kind: count, group_by: [source.ip], span: 2m, at_least: 4}
entities: [{field: source.ip, role: attacker}, {field: user.name, role: victim}]
incident: {group_by: [source.ip], window: 6h}
---
id: 6c0a0500-0000-4000-8000-000000000002
title: Many names from one address
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: high
when: event.action == "chaos-failed"
correlate: {kind: distinct, group_by: [source.ip], span: 5m, field: user.name, at_least: 3}
entities: [{field: source.ip, role: attacker}]
incident: {group_by: [source.ip], window: 6h}
---
id: 6c0a0500-0000-4000-8000-000000000003
title: Failures, then a success
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: high
correlate:
  kind: sequence
  group_by: [source.ip]
  span: 10m
  steps:
    - {when: event.action == "chaos-failed", at_least: 3}
    - {when: event.action == "chaos-succeeded", within: 5m}
entities: [{field: source.ip, role: attacker}, {field: user.name, role: victim}]
incident: {group_by: [source.ip, user.name], window: 6h}
---
id: 6c0a0500-0000-4000-8000-000000000004
title: An agent stays away
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: medium
correlate: {kind: absence, group_by: [host.name], after: event.action == "chaos-stopped", without: event.action == "chaos-started", within: 3m}
entities: [{field: host.name, role: victim}]
incident: {group_by: [host.name], window: 6h}
---
id: 6c0a0500-0000-4000-8000-000000000005
title: Addresses attack together
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: high
tags: [attack.credential-access]
when: tocsin.rule.id == "6c0a0500-0000-4000-8000-000000000003"
correlate: {kind: distinct, group_by: [], span: 30m, field: source.ip, at_least: 3}
entities: [{field: source.ip, role: attacker}]
incident: {group_by: [source.ip], window: 6h}
---
id: 6c0a0500-0000-4000-8000-000000000006
title: An indicator was seen
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: high
when: event.action == "chaos-indicator"
correlate: {kind: match, group_by: [host.name], quiet: 10m}
entities: [{field: host.name, role: victim}]
incident: {group_by: [host.name], window: 6h}
`
