package app

import (
	"encoding/json"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// handler puts together what the listener answers: intake, API, page, health and metrics.
func (a *App) handler(back backend) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", a.ready)
	if a.cfg.HTTP.MetricsListen == "" {
		mux.Handle("GET /metrics", promhttp.HandlerFor(a.reg, promhttp.HandlerOpts{}))
	}
	return mux, nil
}

// ready answers 200 while the daemon does its work, degraded or not, and 503 once an operator must act: a daemon whose
// store is down retries, and ending it would help nobody (delivery.md 3.3, 10).
func (a *App) ready(w http.ResponseWriter, _ *http.Request) {
	r := a.health.Report()
	code := http.StatusOK
	for _, t := range r.Troubles {
		if t.Halted {
			code = http.StatusServiceUnavailable
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(struct {
		Status   string `json:"status"`
		Troubles any    `json:"troubles"`
	}{r.Status, r.Troubles})
}
