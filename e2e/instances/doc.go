// Package instances proves what holds where several programs share one database and one Redis, and what happens
// when those go away.
package instances
