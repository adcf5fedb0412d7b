package app

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// patience is how long somebody who reads waits for a store that is away. What works, and is only slow, is waited for.
const patience = 5 * time.Second

// impatient ends the reading of whoever asks for what a store must tell that is away: they are told so, instead of
// waiting until the connection is cut. Commands go on, as nobody could say how far they came, and so do streams, which tell
// of it themselves. Where away is nil, nothing changes.
func impatient(next http.Handler, away func() bool) http.Handler {
	if away == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead || strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		go func() {
			look := time.NewTicker(patience)
			defer look.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-look.C:
					if away() {
						cancel()
					}
				}
			}
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// taken is what to do about an address that another process listens on, "" for any other error.
func taken(err error, key string) string {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return ""
	}
	return "; end what listens there, or set another " + key
}
