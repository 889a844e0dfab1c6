package config

import (
	"testing"
	"time"

	"github.com/kernia-go/kernia/core/feature/deleteuser"
)

func TestDeleteUser(t *testing.T) {
	on := deleteuser.Feature{ExpiresIn: 24 * time.Hour}
	checkOptions(t, "user.deleteUser", nil, map[string]option{
		"enabled":                       {`true`, on},
		"sendDeleteAccountVerification": {`true, "enabled": true`, deleteuser.Feature{ExpiresIn: on.ExpiresIn, Verify: true}},
		"deleteTokenExpiresIn":          {`60, "enabled": true`, deleteuser.Feature{ExpiresIn: time.Minute}},
	})
}
