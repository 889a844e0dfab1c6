package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

// A checker notes what is wrong with one object of the settings.
type checker struct {
	all      *Settings
	path     string // of the object
	problems *[]error
}

// wrong notes a problem with a key of the object, "" for the object itself. It must not repeat a secret.
func (c *checker) wrong(key, format string, args ...any) {
	path := c.path
	if key != "" {
		path = join(path, key)
	}
	*c.problems = append(*c.problems, fmt.Errorf("%s: %w", c.all.name(path), fmt.Errorf(format, args...)))
}

// oneOf wants a value, if there is one, to be among the allowed.
func (c *checker) oneOf(key, value string, allowed ...string) {
	if value != "" && !slices.Contains(allowed, value) {
		c.wrong(key, "want one of %s", strings.Join(allowed, ", "))
	}
}

func (c *checker) atLeast(key string, value, least int64) {
	if value < least {
		c.wrong(key, "want %d or more", least)
	}
}

// Check returns an error that names every key whose value cannot be meant, although it has the right type. What
// [kernia.New] checks itself is not repeated here.
func (s *Settings) Check() error {
	var problems []error
	walk("", reflect.ValueOf(s), func(path string, part any) {
		if p, ok := part.(interface{ check(*checker) }); ok {
			p.check(&checker{s, path, &problems})
		}
	})
	return errors.Join(problems...)
}

// walk calls f with the path of and a pointer to every object of the settings, outer ones before those in them.
// Entries of a map are left out: they have no address.
func walk(path string, v reflect.Value, f func(path string, part any)) {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		walk(path, v.Elem(), f)
	case v.Kind() == reflect.Struct:
		f(path, v.Addr().Interface())
		for field := range v.Type().Fields() {
			if name, _ := keyOf(field); name != "" {
				walk(join(path, name), v.FieldByIndex(field.Index), f)
			}
		}
	case isNamed(v.Type()):
		for i := range v.Len() {
			walk(join(path, v.Index(i).Field(0).String()), v.Index(i).Field(1), f)
		}
	}
}

// name returns the name under which the user gave the value at path: the variable or the file, and the key.
func (s *Settings) name(path string) string {
	for at := path; at != ""; at = at[:max(0, strings.LastIndexAny(at, ".["))] {
		if variable := s.from[at]; variable != "" {
			return variable + " (" + path + ")"
		}
	}
	if s.file != "" {
		return s.file + ": " + path
	}
	return path
}

// inFile puts the file's name before an error about its text.
func (s *Settings) inFile(err error) error {
	if s.file == "" {
		return err
	}
	return fmt.Errorf("%s: %w", s.file, err)
}

// Explain returns an error of [kernia.New] in the words of the configuration: one about a setting names the key, and
// the variable if the value came from one. Other errors are returned as they are.
func (s *Settings) Explain(err error) error {
	e, ok := errors.AsType[*kernia.SettingError](err)
	if !ok {
		return err
	}
	path := s.key(e.Setting)
	if path == "" {
		return err
	}
	if path == "mail" {
		return fmt.Errorf("%s: is missing, and something else needs it: set mail.smtp, or mail.outbox to write to a file", s.name(path))
	}
	return fmt.Errorf("%s: %w", s.name(path), e.Err)
}

// key returns the key for a setting of the core, "" where there is none.
func (s *Settings) key(setting string) string {
	if setting == "Config.Secret" && len(s.Secrets) > 0 {
		return "secrets"
	}
	return map[string]string{
		"Config.BaseURL":             "baseURL",
		"Config.BasePath":            "basePath",
		"Config.Secret":              "secret",
		"Config.OldSecrets":          "secrets",
		"Config.TrustedOrigins":      "trustedOrigins",
		"Config.DisabledPaths":       "disabledPaths",
		"Config.ErrorURL":            "onAPIError.errorURL",
		"Config.UserFields":          "user.additionalFields",
		"Config.SessionFields":       "session.additionalFields",
		"Config.Tables":              "modelName or fields",
		"Config.Session.ExpiresIn":   "session.expiresIn",
		"Config.Session.StoreTokens": "session.storeTokens",
		"Config.Session.PerUser":     "session.perUser",
		"Config.Cookies":             "advanced",
		"Config.Cookies.Names":       "advanced.cookies",
		"Config.RateLimit":           "rateLimit",
		"Config.Imported":            "password.imported",
		"Config.Mailer":              "mail",
	}[setting]
}
