package syslog

import (
	"encoding/binary"
	"syscall"
)

// rxqOverflow is SO_RXQ_OVFL: each datagram tells how many the kernel has dropped before it.
const rxqOverflow = 40

// countLoss asks the kernel to tell of datagrams that it drops.
func countLoss(network string) func(_, _ string, c syscall.RawConn) error {
	if network != "udp" {
		return nil
	}
	return func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, rxqOverflow, 1) // a kernel without it counts nothing
		})
	}
}

// A lossCounter follows the kernel's count.
type lossCounter struct{ last uint32 }

// since returns how many datagrams were dropped since it was asked last.
func (l *lossCounter) since(oob []byte) uint32 {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return 0
	}
	for _, m := range messages {
		if m.Header.Level == syscall.SOL_SOCKET && m.Header.Type == rxqOverflow && len(m.Data) >= 4 {
			now := binary.NativeEndian.Uint32(m.Data)
			lost := now - l.last // it wraps around
			l.last = now
			return lost
		}
	}
	return 0
}
