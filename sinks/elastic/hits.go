package elastic

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A replyText is a reply of Elasticsearch that is read from its beginning, without a look into the documents that it
// carries: who takes these reads them. A reply holds thousands, and what takes them apart is what a check of a whole
// register waits for.
type replyText struct{ rest string }

// A taking is what becomes of the hits of a reply.
type taking struct {
	// cut tells how long the document is that a text begins with, from which it may have read it; 0: it is measured. nil:
	// all are measured.
	cut func(text string) int
	// each takes the hits, one after another into the same place. Their texts are parts of the reply's.
	each func(*wholeHit) error
}

// readHits hands out the hits of a reply, up to the first that is none.
func readHits(reply string, t taking) error {
	var hit wholeHit
	r, seen := replyText{reply}, false
	err := r.members(func(name string) error {
		if name != "hits" {
			_, err := r.value()
			return err
		}
		return r.members(func(name string) error {
			if name != "hits" {
				_, err := r.value()
				return err
			}
			seen = true
			return r.items(func() error {
				if err := r.hit(&hit, t.cut); err != nil {
					return err
				}
				return t.each(&hit)
			})
		})
	})
	if err == nil && !seen {
		err = errOdd
	}
	return err
}

func (r *replyText) hit(h *wholeHit, cut func(text string) int) error {
	*h = wholeHit{}
	return r.members(func(name string) error {
		if name == "_source" && cut != nil && r.next() != 0 {
			if n := cut(r.rest); n > 0 {
				h.source, r.rest = r.rest[:n], r.rest[n:]
				return nil
			}
		}
		v, err := r.value()
		if err != nil {
			return err
		}
		switch name {
		case "_index":
			h.index, err = word(v)
		case "_id":
			h.id, err = word(v)
		case "_source":
			h.source = v
		case "sort":
			h.sort = json.RawMessage(v)
		}
		return err
	})
}

// innerOf is the object doc of a stored document, found as encoding/json finds it; empty where there is none.
func innerOf(source string) string {
	r, doc := replyText{source}, ""
	err := r.members(func(name string) error {
		v, err := r.value()
		if strings.EqualFold(name, "doc") {
			doc = v
		}
		return err
	})
	if err != nil {
		return ""
	}
	return doc
}

// next skips white space and returns the byte that follows, 0 at the end.
func (r *replyText) next() byte {
	if r.rest != "" && r.rest[0] > ' ' {
		return r.rest[0]
	}
	r.rest = strings.TrimLeft(r.rest, " \t\r\n")
	if r.rest == "" {
		return 0
	}
	return r.rest[0]
}

// take takes a byte that must come next.
func (r *replyText) take(c byte) error {
	if r.next() != c {
		return fmt.Errorf("%.20q where %q is wanted: %w", r.rest, c, errOdd)
	}
	r.rest = r.rest[1:]
	return nil
}

// members reads an object: fn must take the value of the member that it is told.
func (r *replyText) members(fn func(name string) error) error {
	return r.listed('{', '}', func() error {
		if r.next() != '"' {
			return fmt.Errorf("%.20q where a name is wanted: %w", r.rest, errOdd)
		}
		quoted, err := r.value()
		if err != nil {
			return err
		}
		name, err := word(quoted)
		if err != nil {
			return err
		}
		if err := r.take(':'); err != nil {
			return err
		}
		return fn(name)
	})
}

// items reads an array: fn must take each of its values.
func (r *replyText) items(fn func() error) error { return r.listed('[', ']', fn) }

func (r *replyText) listed(first, last byte, fn func() error) error {
	if err := r.take(first); err != nil {
		return err
	}
	for n := 0; r.next() != last; n++ {
		if n > 0 {
			if err := r.take(','); err != nil {
				return err
			}
		}
		if err := fn(); err != nil {
			return err
		}
	}
	return r.take(last)
}

// value takes the next value and returns its text; of an object or an array it is sure only that its brackets are even.
func (r *replyText) value() (string, error) {
	r.next()
	text, depth := r.rest, 0
	for n := 0; n < len(text); n++ {
		switch text[n] {
		case '"':
			end := quoteEnd(text[n+1:])
			if end < 0 {
				return "", fmt.Errorf("a string without an end: %w", errOdd)
			}
			n += end + 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		default:
			if depth == 0 {
				n += plainEnd(text[n:]) - 1
			}
		}
		if depth == 0 && n >= 0 {
			r.rest = text[n+1:]
			return text[:n+1], nil
		}
		if depth < 0 || n < 0 {
			break
		}
	}
	return "", fmt.Errorf("%.20q where a value is wanted: %w", r.rest, errOdd)
}

// plainEnd is the length of a number or a name that a text begins with.
func plainEnd(text string) int {
	if end := strings.IndexAny(text, ",:]} \t\r\n"); end >= 0 {
		return end
	}
	return len(text)
}

// quoteEnd is where a string ends that a text begins with, behind its first quote; -1 where it does not.
func quoteEnd(text string) int {
	for at := 0; ; {
		quote := strings.IndexByte(text[at:], '"')
		if quote < 0 {
			return -1
		}
		at += quote
		before := at
		for before > 0 && text[before-1] == '\\' {
			before--
		}
		if (at-before)%2 == 0 {
			return at
		}
		at++
	}
}

// word is a string as it reads.
func word(quoted string) (text string, err error) {
	if n := len(quoted); n >= 2 && quoted[0] == '"' && strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : n-1], nil
	}
	if err := json.Unmarshal([]byte(quoted), &text); err != nil {
		return "", fmt.Errorf("%.20q where a string is wanted: %w", quoted, errOdd)
	}
	return text, nil
}
