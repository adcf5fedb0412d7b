package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
)

// errAddress says that a name leads to an address that is not to be spoken to.
var errAddress = errors.New("its address is not public; allow: names those that may be spoken to all the same")

// special are networks that are not public, beside those that [netip.Addr] knows (IANA's special-purpose registries).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("::/96"),
}

// public reports whether an address is one of the public internet.
func public(a netip.Addr) bool {
	if !a.IsValid() || a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || !a.IsGlobalUnicast() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// dialer connects to public addresses, and to those that are allowed. It looks at the address that is connected to, after
// the name was resolved, so that a name that leads elsewhere the second time gains nothing.
func dialer(allow []string) (*net.Dialer, error) {
	var allowed []netip.Prefix
	for _, text := range allow {
		p, err := network(text)
		if err != nil {
			return nil, err
		}
		allowed = append(allowed, p)
	}
	return &net.Dialer{
		Timeout: sendTimeout,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("%s: %w", address, errAddress)
			}
			a := ap.Addr().Unmap().WithZone("")
			for _, p := range allowed {
				if p.Contains(a) {
					return nil
				}
			}
			if !public(a) {
				return fmt.Errorf("%s: %w", a, errAddress)
			}
			return nil
		},
	}, nil
}

// tlsConfig verifies, at least with TLS 1.2.
func tlsConfig(caFile, host string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if caFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", caFile)
	}
	return c, nil
}
