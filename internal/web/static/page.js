// What the page can do more where scripts run: the reader's time zone, the keyboard, and what changes while one looks.
// Nothing here writes markup: what is shown comes from the page itself.
'use strict';
(() => {
	const pad = n => String(n).padStart(2, '0');
	const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'local time';

	// localise shows times in the reader's zone; the absolute one stays in the title.
	function localise(root) {
		for (const t of root.querySelectorAll('time[datetime]')) {
			if (t.dataset.utc) continue;
			const at = new Date(t.dateTime);
			if (isNaN(at)) continue;
			t.dataset.utc = t.textContent;
			t.title = t.dateTime;
			const seconds = /\d\d:\d\d:\d\d/.test(t.textContent);
			t.textContent = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${pad(at.getHours())}:${pad(at.getMinutes())}` + (seconds ? ':' + pad(at.getSeconds()) : '');
		}
		const note = document.getElementById('zone-note');
		if (note && zone !== 'UTC') note.textContent = `Times are of ${zone}; those of UTC show when the pointer rests on them.`;
	}
	localise(document);
	for (const part of document.querySelectorAll('.bar nav, .tabs')) { // where they are pushed aside, the one that is shown is in sight
		const here = part.querySelector('[aria-current]');
		if (here) part.scrollLeft = here.offsetLeft - part.offsetLeft - 48;
	}

	// span is a time in its two largest units, as the page writes it.
	function span(seconds) {
		const d = Math.floor(seconds / 86400), h = Math.floor(seconds / 3600) % 24, m = Math.floor(seconds / 60) % 60, s = seconds % 60;
		const two = (a, ua, b, ub) => `${a} ${ua}` + (b ? ` ${b} ${ub}` : '');
		return d >= 10 ? `${d} d` : d ? two(d, 'd', h, 'h') : h ? two(h, 'h', m, 'min') : m ? two(m, 'min', s, 's') : `${s} s`;
	}

	// The clocks of targets go on, by the daemon's time.
	const served = document.querySelector('footer time')?.dateTime;
	const ahead = served ? Date.parse(served) - Date.now() : 0;
	function tick() {
		for (const c of document.querySelectorAll('.clock[data-due]')) {
			const text = c.querySelector('.left'), left = Math.round((Date.parse(c.dataset.due) - Date.now() - ahead) / 1000);
			if (!text || isNaN(left)) continue;
			const rest = text.textContent.indexOf(';');
			const now = (left < 0 ? 'late by ' + span(-left) : span(left) + ' left') + (rest < 0 ? '' : text.textContent.slice(rest));
			if (text.textContent !== now) text.textContent = now;
			if (left < 0 && !c.classList.contains('late')) {
				c.classList.remove('running', 'soon');
				c.classList.add('late');
			}
		}
	}
	setInterval(() => { if (!document.hidden) tick(); }, 1000);

	// What takes long says so, and no form is sent twice.
	const wait = document.getElementById('wait');
	let waiting = 0;
	function busy() {
		clearTimeout(waiting);
		waiting = setTimeout(() => {
			if (wait) wait.hidden = false;
			waiting = setTimeout(rest, 60000);
		}, 300);
	}
	function rest() {
		clearTimeout(waiting);
		if (wait) wait.hidden = true;
		for (const f of document.forms) delete f.dataset.sent;
	}
	document.addEventListener('submit', ev => {
		if (ev.target.dataset.sent) { ev.preventDefault(); return; }
		ev.target.dataset.sent = 'yes';
		busy();
	});
	document.addEventListener('click', ev => {
		const a = ev.target.closest?.('a[href]');
		if (!a || ev.defaultPrevented || ev.button || ev.ctrlKey || ev.metaKey || ev.shiftKey || a.target || a.hasAttribute('download')) return;
		if (a.origin === location.origin && !a.hash && !a.pathname.startsWith('/api/') && !a.pathname.endsWith('/report')) busy();
	});
	addEventListener('pageshow', rest);

	const queue = () => document.getElementById('queue');
	const rows = () => [...(queue()?.tBodies?.[0]?.rows ?? [])];
	const current = () => rows().find(r => r.classList.contains('current'));

	function select(row) {
		if (!row) return;
		current()?.classList.remove('current');
		row.classList.add('current');
		row.querySelector('.title a').focus({preventScroll: true});
		row.scrollIntoView({block: 'nearest'});
	}

	// press carries out what a key of the queue means; it reports whether the key means something.
	function press(key) {
		const all = rows(), at = all.indexOf(current());
		switch (key) {
		case 'j': select(all[Math.min(at + 1, all.length - 1)]); return all.length > 0;
		case 'k': select(all[Math.max(at - 1, 0)]); return all.length > 0;
		case 'x': {
			const box = current()?.querySelector('input[type=checkbox]');
			if (box) box.checked = !box.checked;
			return !!box;
		}
		case 'a': {
			const box = current()?.querySelector('input[type=checkbox]');
			const act = document.querySelector('#bulk button[value=acknowledge]');
			if (box && act) {
				for (const b of document.querySelectorAll('#bulk input[type=checkbox]')) b.checked = b === box;
				act.click();
			}
			const form = document.querySelector('form[data-action=acknowledge]');
			if (form) form.requestSubmit();
			return !!(box && act || form);
		}
		case '/': {
			const field = ['entity', 'title'].map(id => document.getElementById(id)).find(f => f?.checkVisibility()); // on a phone the first may be folded away
			field?.focus();
			return !!field;
		}
		case '?': {
			const help = document.querySelector('.keys');
			if (help) { help.open = !help.open; help.scrollIntoView({block: 'nearest'}); }
			return !!help;
		}
		}
		return false;
	}
	document.addEventListener('keydown', ev => {
		if (ev.ctrlKey || ev.metaKey || ev.altKey) return;
		if (ev.target.closest('input:not([type=checkbox]), select, textarea')) {
			if (ev.key === 'Escape') ev.target.blur();
			return;
		}
		if (press(ev.key)) ev.preventDefault();
	});

	// standing tells where the reader is, and gives what brings them back there once rows have come and gone: the focus on the
	// same part of the same row, and what is read at the same height.
	const parts = e => [...e.querySelectorAll('a[href], input, summary')];
	function standing() {
		const focus = document.activeElement, row = focus?.closest('#queue tr'), part = row ? parts(row).indexOf(focus) : -1;
		const all = rows(), from = current() ?? row ?? (scrollY > 0 ? all.find(r => r.getBoundingClientRect().bottom > 0) : null);
		const places = from ? all.slice(all.indexOf(from)).map(r => [r.id, r.getBoundingClientRect().top]) : [];
		return () => {
			const now = row && document.getElementById(row.id);
			if (now) (parts(now)[part] ?? parts(now)[0])?.focus({preventScroll: true});
			const kept = places.find(([id]) => document.getElementById(id));
			if (kept) scrollBy(0, document.getElementById(kept[0]).getBoundingClientRect().top - kept[1]);
		};
	}

	// renew puts the queue as it is now in place of the one shown, and keeps the reader's place and choices.
	async function renew() {
		const answer = await fetch(location.href, {headers: {Accept: 'text/html'}});
		if (!answer.ok) return false;
		const now = new DOMParser().parseFromString(await answer.text(), 'text/html');
		const next = now.getElementById('queue'), shown = queue();
		if (!next || !shown || next.tagName !== shown.tagName) return false;
		const chosen = new Set([...shown.querySelectorAll('input:checked')].map(b => b.value.split('@')[0]));
		const place = current()?.id, goBack = standing();
		for (const b of next.querySelectorAll('input[type=checkbox]')) b.checked = chosen.has(b.value.split('@')[0]);
		localise(next);
		const form = document.getElementById('bulk');
		if (form) delete form.dataset.sent;
		shown.replaceWith(document.adoptNode(next));
		for (const part of ['.who', '.tabs', '.tableline', '.figures']) {
			const a = document.querySelector(part), b = now.querySelector(part);
			if (a && b) a.replaceWith(document.adoptNode(b));
		}
		const row = place && document.getElementById(place);
		if (row) row.classList.add('current');
		goBack();
		return true;
	}

	// While a form is being filled in nothing moves: a line says that there is something new.
	const line = document.getElementById('live');
	if (line && queue() && 'EventSource' in window) {
		const source = new EventSource('/live?last=' + encodeURIComponent(line.dataset.last));
		source.addEventListener('changed', async () => {
			const filling = document.activeElement?.closest('.bulk, .filters');
			if (!filling && await renew().catch(() => false)) { line.hidden = true; return; }
			tell('Incidents have changed. ', 'Show them');
		});
		// The daemon ends its answers now and then, and is asked again at once: only what lasts is told.
		let lost = 0;
		source.addEventListener('error', () => {
			lost ||= setTimeout(() => tell('The daemon does not answer: what is shown may be old. ', 'Load the page again'), 10000);
		});
		source.addEventListener('open', () => {
			if (lost && line.dataset.lost) { line.hidden = true; renew().catch(() => false); }
			clearTimeout(lost);
			lost = 0;
			delete line.dataset.lost;
		});
		function tell(text, act) {
			if (!line.hidden && line.dataset.told === text) return; // once is enough to hear
			line.dataset.told = text;
			line.textContent = text;
			const link = document.createElement('a');
			link.href = location.href;
			link.textContent = act;
			line.append(link);
			line.hidden = false;
			if (lost) line.dataset.lost = 'yes';
		}
		addEventListener('pagehide', () => source.close());
	}
})();
