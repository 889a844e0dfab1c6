package mailtext

import "github.com/kernia-go/kernia/ports"

// builtIn is the language that needs no templates.
const builtIn = "en"

// What the texts have in common.
const (
	hello  = "Hello{{with .Name}} {{.}}{{end}},\n\n"
	at     = "{{with .App}} at {{.}}{{end}}"
	lasts  = `{{.Lasts "minute" "minutes" "hour" "hours" "day" "days"}}`
	link   = "\n\n{{.Link}}\n\nThe link works for " + lasts + "."
	ignore = " If you did not ask for this, you can ignore this mail."
)

// english are the built-in templates.
var english = Templates{ //nolint:gochecknoglobals // nothing changes them
	ports.MailVerify: {
		Subject: "Confirm your e-mail address{{with .App}} for {{.}}{{end}}",
		Text: hello + "Please confirm that {{.To}} is your e-mail address{{with .App}} for your account at {{.}}{{end}}. Follow this link:" +
			link + ignore,
		Action: "Confirm e-mail address",
	},
	ports.MailReset: {
		Subject: "Reset your password{{with .App}} for {{.}}{{end}}",
		Text: hello + "Somebody asked to reset the password of your account" + at + ". To set a new password, follow this link:" + link +
			ignore + " Your password then stays as it is.",
		Action: "Set a new password",
	},
	ports.MailChange: {
		Subject: "Confirm the change of your e-mail address{{with .App}} for {{.}}{{end}}",
		Text: hello + "Somebody asked to change the e-mail address of your account" + at + " to {{.NewEmail}}. If that is what you want, " +
			"follow this link:" + link + "\n\nIf you did not ask for this, do not follow the link. Your address then stays as it is. " +
			"Whoever asked was signed in to your account, so please change your password.",
		Action: "Change e-mail address",
	},
	ports.MailDelete: {
		Subject: "Confirm the deletion of your account{{with .App}} at {{.}}{{end}}",
		Text: hello + "Somebody asked to delete your account" + at + ". If that is what you want, follow this link. It cannot be undone." + link +
			"\n\nIf you did not ask for this, do not follow the link. Your account then stays as it is. " +
			"Whoever asked was signed in to your account, so please change your password.",
		Action: "Delete account",
	},
	ports.MailExisting: { // without a name: somebody else may have typed it
		Subject: "You already have an account{{with .App}} at {{.}}{{end}}",
		Text: "Hello,\n\nSomebody tried to sign up" + at + " with your e-mail address, which already has an account. If it was you, sign in " +
			"instead. If you have forgotten your password, you can reset it on the sign-in page.\n\n" +
			"If it was not you, you can ignore this mail. Nothing has changed.",
	},
	ports.MailLink: {
		Subject: "Your link to sign in{{with .App}} to {{.}}{{end}}",
		Text:    hello + "To sign in{{with .App}} to {{.}}{{end}}, follow this link:" + link + " It works once." + ignore,
		Action:  "Sign in",
	},
	ports.MailCode: {
		Subject: "Your code{{with .App}} for {{.}}{{end}}",
		Text: hello + `{{if eq .Purpose "forget-password"}}To set a new password{{else if eq .Purpose "email-verification"}}To confirm your ` +
			`e-mail address{{else if eq .Purpose "change-email"}}To change your e-mail address{{else}}To sign in{{end}}` + at +
			", type this code:\n\n{{.Code}}\n\nThe code works for " + lasts + ". Give it to nobody: we never ask for it." + ignore,
	},
}
