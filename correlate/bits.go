package correlate

import "math/bits"

// surprise is log2(den/num) in thousandths of a bit, from 0 to most: how surprising a thing of probability num/den is.
// It is computed in whole numbers, so that every machine gets the same.
func surprise(num, den uint64, most int64) int64 {
	if num == 0 {
		return most
	}
	if num >= den {
		return 0
	}
	whole := bits.Len64(den) - bits.Len64(num)
	q := quotient(num, den, 31-whole) // den/num in [1/2, 2) of 2^(whole+31), scaled to 2^31
	if q < 1<<31 {
		q <<= 1
		whole--
	}
	fraction := int64(0) // in 2^-16
	for range 16 {
		q = q * q >> 31
		fraction <<= 1
		if q >= 1<<32 {
			q >>= 1
			fraction++
		}
	}
	return min(int64(whole)*1000+fraction*1000>>16, most)
}

// quotient is den * 2^shift / num.
func quotient(num, den uint64, shift int) uint64 {
	if shift < 0 {
		return den / num >> -shift
	}
	hi, lo := den>>(64-shift), den<<shift
	q, _ := bits.Div64(hi, lo, num)
	return q
}
