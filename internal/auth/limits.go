package auth

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits let each key do something at a rate, with a burst. A nil Limits lets everything pass.
type Limits struct {
	rate  rate.Limit
	burst int
	now   func() time.Time

	mu    sync.Mutex
	by    map[string]*rate.Limiter
	swept time.Time
}

// NewLimits allows each key so many a second, and a burst at once.
func NewLimits(perSecond float64, burst int, now func() time.Time) *Limits {
	return &Limits{rate: rate.Limit(perSecond), burst: burst, now: now, by: map[string]*rate.Limiter{}}
}

// mostKeys bounds the memory: 10,000 limiters are a megabyte. Beyond it, keys that are new share one.
const mostKeys = 10_000

// Allow reports whether the key may do it once more now, and counts it if so.
func (l *Limits) Allow(key string) bool {
	if l == nil {
		return true
	}
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.by[key]
	if !ok {
		if len(l.by) >= mostKeys {
			l.forget(now)
		}
		if len(l.by) >= mostKeys {
			key = ""
		}
		if one, ok = l.by[key]; !ok {
			one = rate.NewLimiter(l.rate, l.burst)
			l.by[key] = one
		}
	}
	return one.AllowN(now, 1)
}

// forget drops the keys that have all of their burst: they are as if they had never been seen. It looks at all of them,
// so at most once a second.
func (l *Limits) forget(now time.Time) {
	if now.Sub(l.swept) < time.Second {
		return
	}
	l.swept = now
	for key, one := range l.by {
		if one.TokensAt(now) >= float64(l.burst) {
			delete(l.by, key)
		}
	}
}
