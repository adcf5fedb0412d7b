package http

import (
	"errors"
	"fmt"
	"io"
	nethttp "net/http"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// The ways in which a body cannot be read.
var (
	errTooBig   = errors.New("request is larger than the limit")
	errBomb     = errors.New("request unpacks to more than the limit")
	errEncoding = errors.New("content encoding is not supported")
	errPacked   = errors.New("request cannot be unpacked")
	errBusy     = errors.New("too much is being received at once")
)

// A budget bounds the bytes of all requests that are being received. What is taken is given back at once.
type budget struct{ left atomic.Int64 }

func (b *budget) take(n int64) bool {
	if b.left.Add(-n) >= 0 {
		return true
	}
	b.left.Add(n)
	return false
}

func (b *budget) give(n int64) { b.left.Add(n) }

// window is the most that a zstd frame may ask the decoder to remember.
const window = 8 << 20

// readBody reads and unpacks a body within the limits, taking what it allocates from the budget as it grows. held is
// what has been taken, whatever the outcome: the caller gives it back when it is done with the body.
func readBody(r *nethttp.Request, limits Config, from *budget) (body []byte, held int64, err error) {
	if r.ContentLength > limits.MaxBody {
		return nil, 0, errTooBig
	}
	sent := &counted{r: r.Body, left: limits.MaxBody}
	unpacked, top, err := unpack(r.Header.Get("Content-Encoding"), sent, limits)
	if err != nil {
		return nil, 0, err
	}
	defer unpacked.Close()
	body, held, err = grow(unpacked, top, from, max(r.ContentLength, 4<<10))
	switch {
	case err == nil, errors.Is(err, errBusy):
		return body, held, err
	case sent.over:
		return nil, held, errTooBig
	case sent.err != nil:
		return nil, held, fmt.Errorf("read: %w", sent.err)
	case errors.Is(err, errBomb), errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return nil, held, errBomb
	default:
		return nil, held, fmt.Errorf("%w: %w", errPacked, err)
	}
}

// unpack wraps the body in its decoder, and tells how much may come out of it.
func unpack(encoding string, body io.Reader, limits Config) (io.ReadCloser, int64, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return io.NopCloser(body), limits.MaxBody, nil
	case "gzip", "x-gzip":
		r, err := gzip.NewReader(body)
		if err != nil {
			return nil, 0, fmt.Errorf("%w: gzip: %w", errPacked, err)
		}
		return r, limits.MaxUnpacked, nil
	case "zstd":
		r, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
		if err != nil {
			return nil, 0, fmt.Errorf("%w: zstd: %w", errPacked, err)
		}
		return r.IOReadCloser(), limits.MaxUnpacked, nil
	default:
		return nil, 0, fmt.Errorf("%q: %w", encoding, errEncoding)
	}
}

// grow reads r to its end into a buffer that doubles as it fills, up to limit bytes.
func grow(r io.Reader, limit int64, from *budget, first int64) (out []byte, held int64, err error) {
	size := min(first+1, limit+1)
	for {
		if !from.take(size - held) {
			return nil, held, errBusy
		}
		held = size
		larger := make([]byte, len(out), size)
		copy(larger, out)
		out = larger
		for int64(len(out)) < size {
			n, err := r.Read(out[len(out):size])
			out = out[:len(out)+n]
			switch {
			case int64(len(out)) > limit:
				return nil, held, errBomb
			case errors.Is(err, io.EOF):
				return out, held, nil
			case err != nil:
				return nil, held, err
			}
		}
		size = min(2*size, limit+1)
	}
}

// counted is a body as it is sent, cut off at the limit.
type counted struct {
	r    io.Reader
	left int64
	over bool
	err  error // of the connection
}

func (c *counted) Read(b []byte) (int, error) {
	if int64(len(b)) > c.left+1 {
		b = b[:c.left+1]
	}
	n, err := c.r.Read(b)
	if c.left -= int64(n); c.left < 0 {
		c.over = true
		return 0, errTooBig
	}
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}
