#include "textflag.h"

// STOPS leaves in OUT one bit for each of the 16 bytes at AT: whether it is a stop.
#define STOPS(AT, OUT) \
	MOVOU    AT, X0;  \
	POR      X0, X6;  \
	MOVO     X0, X1;  \
	PCMPEQB  X3, X1;  \
	MOVO     X0, X2;  \
	PCMPEQB  X4, X2;  \
	POR      X2, X1;  \
	MOVO     X0, X2;  \
	PMINUB   X5, X2;  \
	PCMPEQB  X0, X2;  \
	POR      X2, X1;  \
	PMOVMSKB X1, OUT

// func stopsOfBlocks(found *uint64, text *byte, blocks int) (high uint64)
TEXT ·stopsOfBlocks(SB), NOSPLIT, $0-32
	MOVQ found+0(FP), DI
	MOVQ text+8(FP), SI
	MOVQ blocks+16(FP), CX

	MOVQ       $0x2222222222222222, AX // quotes
	MOVQ       AX, X3
	PUNPCKLQDQ X3, X3
	MOVQ       $0x5c5c5c5c5c5c5c5c, AX // backslashes
	MOVQ       AX, X4
	PUNPCKLQDQ X4, X4
	MOVQ       $0x1f1f1f1f1f1f1f1f, AX // the last control character
	MOVQ       AX, X5
	PUNPCKLQDQ X5, X5
	PXOR       X6, X6                  // all bytes, one over the other

block:
	STOPS(0(SI), AX)
	STOPS(16(SI), BX)
	SHLQ $16, BX
	ORQ  BX, AX
	STOPS(32(SI), BX)
	SHLQ $32, BX
	ORQ  BX, AX
	STOPS(48(SI), BX)
	SHLQ $48, BX
	ORQ  BX, AX
	MOVQ AX, (DI)
	ADDQ $8, DI
	ADDQ $64, SI
	DECQ CX
	JNZ  block

	PMOVMSKB X6, AX
	MOVQ     AX, high+24(FP)
	RET
