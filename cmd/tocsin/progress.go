package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// A bar tells on a terminal how far a long piece of work is. The zero bar is silent.
type bar struct {
	w     io.Writer
	total int64 // bytes or records of the whole; 0: not known
	unit  string
	now   func() time.Time
	begun time.Time
	shown time.Time
	drawn bool
}

// How a bar looks and moves: nothing before a second, as most work is done by then.
const (
	barWidth = 30
	barAfter = time.Second
	barEvery = 200 * time.Millisecond
)

// newBar is a bar on w, silent where w is no terminal.
func newBar(w io.Writer, total int64, unit string) *bar {
	f, ok := w.(*os.File)
	if !ok {
		return &bar{}
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &bar{}
	}
	return &bar{w: w, total: total, unit: unit, now: time.Now, begun: time.Now()}
}

// to shows that so much is done.
func (b *bar) to(done int64) {
	if b.w == nil {
		return
	}
	now := b.now()
	if now.Sub(b.begun) < barAfter || now.Sub(b.shown) < barEvery {
		return
	}
	b.shown, b.drawn = now, true
	fmt.Fprint(b.w, "\r\x1b[K"+b.text(done, now.Sub(b.begun)))
}

// text is the bar without its line's control characters.
func (b *bar) text(done int64, spent time.Duration) string {
	if b.total <= 0 {
		return fmt.Sprintf("%d %s, %.0f s", done, b.unit, spent.Seconds())
	}
	share := min(float64(done)/float64(b.total), 1)
	full := int(share * barWidth)
	text := fmt.Sprintf("[%s%s] %3.0f %%", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), 100*share)
	if share > 0 {
		left := time.Duration(float64(spent) * (1/share - 1))
		text += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return text
}

// end takes the bar away.
func (b *bar) end() {
	if b.drawn {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
