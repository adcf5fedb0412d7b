package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/register/notify"
)

// A Notifier tells of notifications; nil where none are configured.
type Notifier interface {
	Notices(ctx context.Context, q tocsin.NoticeQuery) ([]tocsin.Notice, error)
	Status(ctx context.Context) ([]notify.Line, error)
	Test(ctx context.Context, route string) ([]notify.Tried, error)
}

type noticeQuery struct {
	State    string `query:"state" enum:"waiting,sent,summarised,dropped,refused,undelivered" doc:"only these"`
	Receiver string `query:"receiver" maxLength:"64"`
	Incident string `query:"incident" maxLength:"64"`
	Limit    int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type noticePage struct {
	Body tocsin.Page[tocsin.Notice]
}

type linesAnswer struct {
	Body []notify.Line
}

type triedAnswer struct {
	Body []notify.Tried
}

type routeInput struct {
	ID string `path:"id" maxLength:"64"`
}

// notices registers what can be asked of notifications.
func (a *routes) notices() {
	huma.Register(a.api, operation("list-notices", http.MethodGet, "/notices", viewer, "List notices of the outbox, the latest first", 422, 503), a.listNotices)
	huma.Register(a.api, operation("get-receivers", http.MethodGet, "/receivers", viewer, "How each receiver of notifications does", 503),
		func(ctx context.Context, _ *struct{}) (*linesAnswer, error) {
			if a.Notifier == nil {
				return &linesAnswer{[]notify.Line{}}, nil
			}
			lines, err := a.Notifier.Status(ctx)
			return &linesAnswer{append([]notify.Line{}, lines...)}, a.problem(err)
		})
	huma.Register(a.api, operation("test-route", http.MethodPost, "/routes/{id}/test", lead, "Send a test to each receiver of a route", 404, 422, 503),
		func(ctx context.Context, in *routeInput) (*triedAnswer, error) {
			if a.Notifier == nil || auth.From(ctx).Tenant != "" { // routes are the whole daemon's
				return nil, a.problem(tocsin.ErrNotFound)
			}
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			tried, err := a.Notifier.Test(ctx, in.ID)
			return &triedAnswer{append([]notify.Tried{}, tried...)}, a.problem(err)
		})
}

func (a *routes) listNotices(ctx context.Context, in *noticeQuery) (*noticePage, error) {
	page := tocsin.Page[tocsin.Notice]{Items: []tocsin.Notice{}}
	if a.Notifier == nil {
		return &noticePage{page}, nil
	}
	all, err := a.Notifier.Notices(ctx, tocsin.NoticeQuery{
		Tenant: auth.From(ctx).Tenant, Incident: in.Incident, Receiver: in.Receiver, State: tocsin.NoticeState(in.State), Newest: true, Limit: in.Limit,
	})
	if err != nil {
		return nil, a.problem(err)
	}
	incidents := make([]string, len(all))
	for n := range all {
		incidents[n] = all[n].Incident
	}
	known, err := a.Store.Known(ctx, incidents)
	for _, n := range all {
		if known[n.Incident] {
			page.Items = append(page.Items, n)
		}
	}
	page.Total = int64(len(page.Items))
	return &noticePage{page}, a.problem(err)
}
