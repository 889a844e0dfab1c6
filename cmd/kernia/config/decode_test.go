package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		env  map[string]string
		want []string // each is in the error
	}{
		"UnknownKey":          {text: `{"redesign": 1}`, want: []string{`unknown key "redesign"`}},
		"NearKey":             {text: `{"sesion": {}}`, want: []string{`unknown key "sesion"; did you mean "session"?`}},
		"NearKeyInside":       {text: `{"session": {"expiresin": 1}}`, want: []string{`unknown key "session.expiresin"; did you mean "session.expiresIn"?`}},
		"NearPlugin":          {text: `{"plugins": {"baerer": {}}}`, want: []string{`unknown key "plugins.baerer"; did you mean "plugins.bearer"?`}},
		"NearOption":          {text: `{"plugins": {"bearer": {"requireSignatur": true}}}`, want: []string{`did you mean "plugins.bearer.requireSignature"?`}},
		"UnknownVariable":     {env: map[string]string{"KERNIA_X_Y_Z_COMPLETELY_ELSE": "1"}, want: []string{"unknown variable KERNIA_X_Y_Z_COMPLETELY_ELSE"}},
		"NearVariable":        {env: map[string]string{"KERNIA_BASEURL": "x"}, want: []string{"unknown variable KERNIA_BASEURL; did you mean KERNIA_BASE_URL?"}},
		"EveryMistake":        {text: `{"a": 1, "addr": 2}`, env: map[string]string{"KERNIA_Q": "1"}, want: []string{`"a"`, "addr: want", "KERNIA_Q"}},
		"Text":                {text: `{"baseURL": 1}`, want: []string{"baseURL: want a text that is not empty"}},
		"EmptyText":           {text: `{"baseURL": ""}`, want: []string{"baseURL: want a text that is not empty"}},
		"Bool":                {text: `{"development": "yes"}`, want: []string{"development: want true or false"}},
		"Pointer":             {text: `{"advanced": {"useSecureCookies": 1}}`, want: []string{"advanced.useSecureCookies: want true or false"}},
		"Number":              {text: `{"session": {"expiresIn": "7d"}}`, want: []string{"session.expiresIn: want a whole number, 0 or more"}},
		"Fraction":            {text: `{"session": {"expiresIn": 1.5}}`, want: []string{"session.expiresIn: want a whole number"}},
		"Negative":            {text: `{"session": {"expiresIn": -1}}`, want: []string{"session.expiresIn: want a whole number"}},
		"Object":              {text: `{"plugins": {"bearer": true}}`, want: []string{"plugins.bearer: want an object"}},
		"List":                {text: `{"disabledPaths": "/x"}`, want: []string{"disabledPaths: want a list"}},
		"InList":              {text: `{"disabledPaths": ["/x", 1]}`, want: []string{"disabledPaths[1]: want a text"}},
		"InMap":               {text: `{"user": {"fields": {"email": 1}}}`, want: []string{"user.fields.email: want a text"}},
		"InNamed":             {text: `{"user": {"additionalFields": {"x": {"unique": 1}}}}`, want: []string{"user.additionalFields.x.unique: want true or false"}},
		"Variable":            {env: map[string]string{"KERNIA_SESSION_EXPIRES_IN": "-1"}, want: []string{"KERNIA_SESSION_EXPIRES_IN (session.expiresIn): want a whole number"}},
		"InsideVariable":      {env: map[string]string{"KERNIA_SESSION": `{"expiresIn": -1}`}, want: []string{"KERNIA_SESSION (session.expiresIn): want a whole number"}},
		"TwiceKey":            {text: `{"secret": "a", "secret": "b"}`, want: []string{`key "secret" comes twice`}},
		"NoObject":            {text: `[]`, want: []string{"want a JSON object"}},
		"NoObjectForVariable": {text: `{"session": 1}`, env: map[string]string{"KERNIA_SESSION_EXPIRES_IN": "1"}, want: []string{`KERNIA_SESSION_EXPIRES_IN: "session" is no object`, "session: want an object"}},
	} {
		t.Run(name, func(t *testing.T) {
			var text []byte
			if c.text != "" {
				text = []byte(c.text)
			}
			s, err := Decode(text, c.env)
			if err == nil {
				t.Fatalf("Decode = %v, want an error", s)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("Decode = %v, want %q in it", err, want)
				}
			}
			if lines := strings.Count(err.Error(), "\n") + 1; lines != len(c.want) {
				t.Errorf("Decode = %v, want %d problems", err, len(c.want))
			}
		})
	}
	t.Run("SuggestsNothingFarAway", func(t *testing.T) {
		if _, err := Decode([]byte(`{"redesign": 1}`), nil); strings.Contains(err.Error(), "mean") {
			t.Errorf("Decode = %v, want no suggestion", err)
		}
	})
	t.Run("NamesTheFile", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "k.json")
		if err := os.WriteFile(file, []byte(`{"x": 1, "addr": 1}`), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(file, map[string]string{"KERNIA_SESSION_EXPIRES_IN": "-1"})
		want := "KERNIA_SESSION_EXPIRES_IN (session.expiresIn): want a whole number, 0 or more"
		for _, line := range []string{file + `: unknown key "x"`, file + ": addr: want a text that is not empty"} {
			if err == nil || !strings.Contains("\n"+err.Error()+"\n", "\n"+line+"\n") {
				t.Errorf("Load = %v, want the line %q", err, line)
			}
		}
		if err == nil || !strings.Contains("\n"+err.Error()+"\n", "\n"+want+"\n") {
			t.Errorf("Load = %v, want the line %q", err, want)
		}
	})
	t.Run("TellsNoValue", func(t *testing.T) {
		for _, text := range []string{`{"secret": ["hunter2hunter2"]}`, `{"secrets": "hunter2hunter2"}`, `{"redis": {"url": {"hunter2hunter2": 1}}}`} {
			if _, err := Decode([]byte(text), nil); err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("Decode of %s = %v", text, err)
			}
		}
	})
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"bearer", "bearer"}, {"Bearer", "bearer"}, {"beare", "bearer"}, {"twofactor", "twoFactor"}, {"usrname", "username"}, {"zzz", ""}, {"", ""},
	} {
		if got := nearest(c.name, []string{"bearer", "username", "twoFactor"}); got != c.want {
			t.Errorf("nearest to %q = %q, want %q", c.name, got, c.want)
		}
	}
	if d := distance("kitten", "sitting"); d != 3 {
		t.Errorf("distance = %d, want 3", d)
	}
}
