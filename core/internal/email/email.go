// Package email judges e-mail addresses as the wire contract does: by a fixed grammar, in one pass, without a
// regular expression. It says nothing about whether a mailbox exists.
package email

// Max is the most bytes an address may have; longer ones cannot be delivered to (RFC 5321, section 4.5.3.1.3).
const Max = 254

// Valid reports whether email is an address: labels of letters, digits, _ ' + and - joined by single dots, the last
// character before the @ not an apostrophe; then labels of letters, digits and - that do not begin with -, the last of
// them two letters or more.
func Valid(email string) bool {
	if len(email) > Max {
		return false
	}
	for i := range len(email) {
		if email[i] == '@' {
			return local(email[:i]) && domain(email[i+1:])
		}
	}
	return false
}

// Normal returns email with its ASCII letters in lower case. Other bytes stay: folding them would make two addresses
// one that a mail server keeps apart.
func Normal(email string) string {
	for i := range len(email) {
		if 'A' <= email[i] && email[i] <= 'Z' {
			b := []byte(email)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return email
}

func local(s string) bool {
	last := byte('.') // a dot may neither begin, follow a dot, nor end
	for i := range len(s) {
		c := s[i]
		switch {
		case letter(c), digit(c), c == '_', c == '\'', c == '+', c == '-':
		case c == '.' && last != '.':
		default:
			return false
		}
		last = c
	}
	return last != '.' && last != '\''
}

func domain(s string) bool {
	start, dots, letters := 0, 0, true // of the label being read
	for i := range len(s) {
		c := s[i]
		switch {
		case letter(c):
		case digit(c), c == '-' && i > start:
			letters = false
		case c == '.' && i > start:
			start, dots, letters = i+1, dots+1, true
		default:
			return false
		}
	}
	return dots > 0 && letters && len(s)-start >= 2
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func digit(c byte) bool { return '0' <= c && c <= '9' }
