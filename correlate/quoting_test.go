package correlate

import "testing"

// However many keys and events say something and let it go again, what is kept for them is bounded, and its account is true.
func TestQuotingIsBounded(t *testing.T) {
	t.Parallel()
	var q quoting
	some := []item{{p: &payload{from: &origin{}, seldom: &seldom{}}}}
	one := &logged{}
	for range 2 * maxLogged {
		l := &logged{}
		for range 2 {
			q.spell(l, some)
			q.forget(l)
			q.spell(one, some)
			q.forget(one)
		}
	}
	if len(q.kept) > maxLogged+1 || q.n != 0 {
		t.Errorf("%d are kept, with %d references", len(q.kept), q.n)
	}
	q.spell(one, some)
	if q.clear(); len(q.kept) != 0 || q.n != 0 || len(one.all) != 0 || one.listed {
		t.Errorf("of all that was let go %d are kept, with %d references", len(q.kept), q.n)
	}
}
