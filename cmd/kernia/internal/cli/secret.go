package cli

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"flag"
)

func secretCommand() command {
	return command{
		name: "secret", brief: "make a secret for the configuration", run: secret,
		help: `Usage: kernia secret

Prints a new secret: 32 random bytes in base64url. Put it into the key "secret" or the variable KERNIA_SECRET and
keep it: whoever has it can sign cookies, and without it every session ends.
`,
	}
}

func secret(_ context.Context, c *call) error {
	if err := c.flags("secret", func(*flag.FlagSet) {}); err != nil {
		return err
	}
	c.stdout.printf("%s\n", newSecret())
	return nil
}

func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
