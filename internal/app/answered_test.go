package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A start waits for servers that do not answer yet, and for nothing else.
func TestUntilAnswered(t *testing.T) {
	refused := fmt.Errorf("kafka %w: %w", ErrUnreachable, syscall.ECONNREFUSED)
	cut := fmt.Errorf("kafka %w: api versions: %w", ErrUnreachable, io.ErrUnexpectedEOF)
	starting := fmt.Errorf("elasticsearch %w: after 10 attempts, the last: 503: %w", ErrUnreachable, context.DeadlineExceeded)
	stranger := fmt.Errorf("elasticsearch %w: after 10 attempts, the last: x509: unknown authority: %w", ErrUnreachable, context.DeadlineExceeded)
	unfit := fmt.Errorf("kafka %w", ErrUnfit)
	for name, c := range map[string]struct {
		answers []error // the last one is given again and again
		want    error
		asked   int
		told    int
		took    time.Duration
	}{
		"it listens":        {[]error{nil}, nil, 1, 0, 0},
		"it listens later":  {[]error{refused, refused, nil}, nil, 3, 1, 2 * askServers},
		"then it is unfit":  {[]error{refused, unfit}, unfit, 2, 1, askServers},
		"it is unfit":       {[]error{unfit}, unfit, 1, 0, 0},
		"it never listens":  {[]error{refused}, refused, int(waitForServers / askServers), 1, waitForServers},
		"what is between":   {[]error{cut, starting, nil}, nil, 3, 1, 2 * askServers},
		"it is not trusted": {[]error{stranger}, stranger, 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun, asked, told := time.Now(), 0, 0
				err := untilAnswered(t.Context(), func(context.Context) error {
					asked++
					return c.answers[min(asked, len(c.answers))-1]
				}, func(error) { told++ })
				if c.want != nil && !errors.Is(err, c.want) || asked < c.asked || asked > c.asked+1 || told != c.told || time.Since(begun) != c.took {
					t.Errorf("%v, asked %d times in %v, told %d times", err, asked, time.Since(begun), told)
				}
			})
		})
	}
}
