package twofactor

import "testing"

// TestTOTP: the vectors of RFC 6238, appendix B.
func TestTOTP(t *testing.T) {
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := totp("12345678901234567890", at/30, 8); got != want {
			t.Errorf("at %d = %s, want %s", at, got, want)
		}
	}
}
