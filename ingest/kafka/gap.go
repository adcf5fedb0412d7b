package kafka

// gap goes on behind a stretch of offsets that was lost.
func (p *Partition) gap(to int64, reason string) {
	from := p.next
	p.SeekTo(to)
	p.tell(Gap{Topic: p.topic.Name, Partition: p.id, From: from, To: to, Reason: reason})
}

// Missed tells that the records from an offset on were lost with a log that was deleted, and made anew, while nobody read
// it. What the partition knows of the log that it reads does not show that: who keeps offsets of his own finds it out.
func (p *Partition) Missed(from int64) {
	p.tell(Gap{Topic: p.topic.Name, Partition: p.id, From: max(from, 0), Reason: "recreated"})
}

// tell counts a gap, tells whoever is told of all of them, and hands it over with the next read.
func (p *Partition) tell(g Gap) {
	g.Incarnation = p.incarnation
	p.gaps = append(p.gaps, g)
	p.shared.metrics.gap(g)
	p.shared.opts.Log.Error("offsets lost before they were read", "topic", g.Topic, "partition", g.Partition, "from", g.From, "to", g.To, "reason", g.Reason)
	p.shared.opts.Gap(g)
}
