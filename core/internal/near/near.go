// Package near finds what somebody may have meant.
package near

// Word returns the word of the list that differs from s by the fewest letters, "" where none differs by less than three
// or where s is in the list.
func Word(s string, list []string) string {
	best, least := "", 3
	for _, word := range list {
		switch d := distance(s, word); {
		case d == 0:
			return ""
		case d < least:
			best, least = word, d
		}
	}
	return best
}

// distance counts the letters to add, remove or replace to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost = min(before, row[j], row[j+1]) + 1
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
