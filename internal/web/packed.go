package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
)

// worthPacking is what fits into one packet anyhow.
const worthPacking = 1400

// packed is the body of an answer as the reader takes it: by gzip where that is asked for, and the answer's headers say
// so. What is packed together tells nothing by its length: no page holds a secret beside what others write, and other
// sites cannot read lengths of answers that a session is needed for (the cookie is not sent with what they load).
func packed(w http.ResponseWriter, r *http.Request, body []byte) []byte {
	w.Header().Add("Vary", "Accept-Encoding")
	if len(body) < worthPacking || !takesGzip(r.Header.Get("Accept-Encoding")) {
		return body
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(body)
	if err != nil || z.Close() != nil { // a buffer does not fail
		return body
	}
	w.Header().Set("Content-Encoding", "gzip")
	return out.Bytes()
}

// takesGzip reports whether an Accept-Encoding header allows gzip (RFC 9110, 12.5.3).
func takesGzip(header string) bool {
	for one := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(one, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			weight = strings.ReplaceAll(weight, " ", "")
			return !strings.HasPrefix(weight, "q=0") || strings.Trim(weight, "q=0.") != ""
		}
	}
	return false
}
