package config

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// A Secret is a string that no format, log or error shows. Its text is had by [Secret.Reveal] alone.
type Secret string

// String is `***`, or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString is as [Secret.String].
func (s Secret) GoString() string { return s.String() }

// MarshalText is as [Secret.String], so that JSON and YAML hide it too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue is as [Secret.String].
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Reveal is the secret itself.
func (s Secret) Reveal() string { return string(s) }

// Bytes is a size, written as 64MiB, 20GiB, 512KiB or a plain number of bytes.
type Bytes int64

var units = []struct {
	suffix string
	size   int64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// ParseBytes reads a size.
func ParseBytes(s string) (Bytes, error) {
	text := strings.TrimSpace(s)
	for _, u := range units {
		if number, ok := strings.CutSuffix(text, u.suffix); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			if err != nil || n < 0 || n > float64(1<<62/u.size) {
				return 0, fmt.Errorf("%q is no size: write 64MiB, 20GiB or a number of bytes", s)
			}
			return Bytes(n * float64(u.size)), nil
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no size: write 64MiB, 20GiB or a number of bytes", s)
	}
	return Bytes(n), nil
}

// String writes the size with the largest unit that divides it.
func (b Bytes) String() string {
	for _, u := range units {
		if b != 0 && int64(b)%u.size == 0 {
			return strconv.FormatInt(int64(b)/u.size, 10) + u.suffix
		}
	}
	return "0B"
}

// MarshalText is as [Bytes.String].
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// ParseDuration reads a duration as Go writes it, and whole or fractional days: 90d, 14d, 1.5h, 30s.
func ParseDuration(s string) (time.Duration, error) {
	text := strings.TrimSpace(s)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err == nil && n >= 0 && n < 36500 {
			return time.Duration(n * 24 * float64(time.Hour)), nil
		}
		return 0, fmt.Errorf("%q is no duration: write 30s, 2m, 1h or 14d", s)
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no duration: write 30s, 2m, 1h or 14d", s)
	}
	return d, nil
}
