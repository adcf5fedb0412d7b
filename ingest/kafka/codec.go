package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/kafka-go/compress"
)

var (
	errBomb  = errors.New("unpacks to more than the limit")
	errCodec = errors.New("cannot be unpacked")
)

// An unpacker undoes the compression of record batches. It never makes more than limit bytes of one batch, whatever
// the batch claims. It is safe for concurrent use.
type unpacker struct {
	limit int
	large sync.Mutex // held while a batch above small is unpacked: one at a time, however many partitions there are
	zstd  *zstd.Decoder
	gzip  sync.Pool // of *gzip.Reader
	// pieces are of *[pieceSize]byte: what large batches were read into before they were put together.
	pieces sync.Pool
}

func newUnpacker(limit int) (*unpacker, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(limit)),
		zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return &unpacker{limit: limit, zstd: d}, nil
}

// unpack returns the records of a batch, which are packed itself where the codec is none. The error wraps errBomb
// or errCodec.
func (u *unpacker) unpack(codec int8, packed []byte) ([]byte, error) {
	switch compress.Compression(codec) {
	case compress.None:
		return packed, nil
	case compress.Gzip:
		return u.gunzip(packed)
	case compress.Snappy:
		return u.unsnap(packed)
	case compress.Lz4:
		r := compress.Lz4.Codec().NewReader(bytes.NewReader(packed))
		defer r.Close()
		return u.drain(r, len(packed))
	case compress.Zstd:
		out, err := u.zstd.DecodeAll(packed, nil)
		switch {
		case errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
			return nil, errBomb
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errCodec, err)
		}
		return out, nil
	default:
		return nil, fmt.Errorf("%w: unknown compression %d", errCodec, codec)
	}
}

func (u *unpacker) gunzip(packed []byte) ([]byte, error) {
	r, ok := u.gzip.Get().(*gzip.Reader)
	if !ok {
		r = new(gzip.Reader)
	}
	defer u.gzip.Put(r)
	if err := r.Reset(bytes.NewReader(packed)); err != nil {
		return nil, fmt.Errorf("%w: gzip: %w", errCodec, err)
	}
	return u.drain(r, len(packed))
}

// small is what batches of all partitions may unpack to side by side, in bytes.
const small = 4 << 20

// pieceSize is the room for small bytes, and for finding that there are no more.
const pieceSize = small + bytes.MinRead

// drain reads r to its end or to the limit. Memory grows with what is there, not with what is claimed; that of a large
// batch's pieces serves the next one too.
func (u *unpacker) drain(r io.Reader, packed int) ([]byte, error) {
	head, more, err := piece(r, make([]byte, 0, min(4*packed, small)+bytes.MinRead))
	if err != nil {
		return nil, err
	}
	if len(head) > u.limit {
		return nil, errBomb
	}
	if !more {
		return head, nil
	}
	u.large.Lock()
	defer u.large.Unlock()
	pieces, size := [][]byte{head}, len(head)
	defer func() {
		for _, p := range pieces[1:] {
			u.pieces.Put((*[pieceSize]byte)(p[:pieceSize]))
		}
	}()
	for more {
		room, ok := u.pieces.Get().(*[pieceSize]byte)
		if !ok {
			room = new([pieceSize]byte)
		}
		var next []byte
		if next, more, err = piece(r, room[:0]); err != nil {
			return nil, err
		}
		pieces, size = append(pieces, next), size+len(next)
		if size > u.limit {
			return nil, errBomb
		}
	}
	return slices.Concat(pieces...), nil
}

// piece reads up to small bytes of r into room, or into more where that is too little; more says that r may hold more.
func piece(r io.Reader, room []byte) (part []byte, more bool, err error) {
	buf := bytes.NewBuffer(room)
	n, err := buf.ReadFrom(io.LimitReader(r, small))
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", errCodec, err)
	}
	return buf.Bytes(), n == small, nil
}

// xerialMagic opens the framing in which Java producers put snappy blocks: the magic, two versions, then blocks with
// their length before them.
const (
	xerialMagic = "\x82SNAPPY\x00"
	xerialSize  = len(xerialMagic) + 8
)

func (u *unpacker) unsnap(packed []byte) ([]byte, error) {
	if !bytes.HasPrefix(packed, []byte(xerialMagic)) {
		return u.unsnapBlock(nil, packed)
	}
	if len(packed) < xerialSize {
		return nil, fmt.Errorf("%w: snappy: short header", errCodec)
	}
	var out []byte
	for rest := packed[xerialSize:]; len(rest) > 0; {
		if len(rest) < 4 {
			return nil, fmt.Errorf("%w: snappy: short block", errCodec)
		}
		n := int64(binary.BigEndian.Uint32(rest))
		if n > int64(len(rest)-4) {
			return nil, fmt.Errorf("%w: snappy: short block", errCodec)
		}
		var err error
		if out, err = u.unsnapBlock(out, rest[4:4+n]); err != nil {
			return nil, err
		}
		rest = rest[4+n:]
	}
	return out, nil
}

// unsnapBlock appends one unpacked block to out. A block says how long it will be: that is checked first.
func (u *unpacker) unsnapBlock(out, block []byte) ([]byte, error) {
	n, err := snappy.DecodedLen(block)
	if err != nil {
		return nil, fmt.Errorf("%w: snappy: %w", errCodec, err)
	}
	if n > u.limit-len(out) {
		return nil, errBomb
	}
	plain, err := snappy.Decode(nil, block)
	if err != nil {
		return nil, fmt.Errorf("%w: snappy: %w", errCodec, err)
	}
	if out == nil {
		return plain, nil
	}
	return append(out, plain...), nil
}
