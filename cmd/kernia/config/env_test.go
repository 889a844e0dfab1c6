package config

import "testing"

func TestVariable(t *testing.T) {
	t.Run("SplitsWords", func(t *testing.T) {
		for path, want := range map[string]string{
			"baseURL": "KERNIA_BASE_URL", "onAPIError.errorURL": "KERNIA_ON_API_ERROR_ERROR_URL", "store.dsn": "KERNIA_STORE_DSN",
			"emailAndPassword.disableSignUp": "KERNIA_EMAIL_AND_PASSWORD_DISABLE_SIGN_UP", "advanced.database.generateId": "KERNIA_ADVANCED_DATABASE_GENERATE_ID",
		} {
			if got := (Key{Path: path}).Variable(); got != want {
				t.Errorf("variable of %s = %s, want %s", path, got, want)
			}
		}
	})
	t.Run("NamesOneKey", func(t *testing.T) {
		seen := map[string]string{}
		for _, k := range Keys() {
			v := k.Variable()
			if v == "" {
				continue
			}
			if seen[v] != "" || foreign(v) {
				t.Errorf("%s is the variable of %s, of %s, or of nobody", v, seen[v], k.Path)
			}
			seen[v] = k.Path
		}
	})
}
