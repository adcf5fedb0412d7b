package sinks

import (
	"context"

	"tocsin"
)

// An Outbox keeps notices and, for each incident, up to which entry its log was turned into them. PutNotice stores n when
// the stored version is n.Version-1 (0: none yet) and returns [tocsin.ErrConflict] otherwise; the same one again changes
// nothing. Notice is in real time and returns [tocsin.ErrNotFound]; Notices may lag behind by a second. PutTold never
// lowers a number; Told leaves out the incidents that nothing is known of. DropNotices removes notices, those of them that are
// there. All stores have it.
type Outbox interface {
	PutNotice(ctx context.Context, n tocsin.Notice) error
	Notice(ctx context.Context, id string) (tocsin.Notice, error)
	Notices(ctx context.Context, q tocsin.NoticeQuery) ([]tocsin.Notice, error)
	PutTold(ctx context.Context, incident string, seq int64) error
	Told(ctx context.Context, incidents []string) (map[string]int64, error)
	DropNotices(ctx context.Context, ids []string) error
}

// NoticeLimit is how many notices a query asks for.
func NoticeLimit(q tocsin.NoticeQuery) int {
	if q.Limit <= 0 {
		return 50
	}
	return min(q.Limit, 500)
}
