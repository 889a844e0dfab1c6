package kernia

import "fmt"

// A SettingError is an error of [New] about one setting of the [Config]. A program that reads its configuration from a
// file finds it with errors.As, and reports its own name of the setting.
type SettingError struct {
	Setting string // the Go name, such as "Config.Session.ExpiresIn"
	Err     error  // what is wrong with it; it never repeats a secret
}

// Error returns the setting and what is wrong with it.
func (e *SettingError) Error() string { return "kernia: " + e.Setting + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *SettingError) Unwrap() error { return e.Err }

// badSetting returns a SettingError for the setting, without "Config.", with the formatted reason.
func badSetting(setting, format string, args ...any) error {
	return &SettingError{Setting: "Config." + setting, Err: fmt.Errorf(format, args...)}
}
