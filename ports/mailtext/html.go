package mailtext

import (
	"html/template"
	"strings"
)

// A page is what the layout shows.
type page struct {
	Data
	Subject    string
	Paragraphs []paragraph
}

// A paragraph is text, or the link or the code alone.
type paragraph struct {
	Text       string
	Lines      []string
	Link, Code bool
}

// paragraphs cuts a plain text where it has empty lines.
func paragraphs(text string, d Data, action string) []paragraph {
	var all []paragraph
	for block := range strings.SplitSeq(text, "\n\n") {
		block = strings.TrimSpace(block)
		switch {
		case block == "":
		case block == d.Link:
			if action == "" {
				action = d.Link
			}
			all = append(all, paragraph{Text: action, Link: true})
		case block == d.Code:
			all = append(all, paragraph{Text: block, Code: true})
		default:
			all = append(all, paragraph{Lines: strings.Split(block, "\n")})
		}
	}
	return all
}

//nolint:gochecknoglobals // parsed once
var layout = template.Must(template.New("layout").Parse(`<!doctype html>
<html lang="{{.Language}}" dir="auto">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.Subject}}</title>
</head>
<body style="margin:0;padding:24px;font:16px/1.5 sans-serif;color:#222;background:#fff">
<div style="max-width:560px;margin:0 auto">
{{- range .Paragraphs}}
{{if .Link}}<p style="margin:24px 0"><a href="{{$.Link}}" style="display:inline-block;padding:10px 18px;border-radius:6px;background:#1a56db;color:#fff;text-decoration:none;word-break:break-word">{{.Text}}</a></p>
{{- else if .Code}}<p style="margin:24px 0;font:bold 28px/1.2 monospace;letter-spacing:4px">{{.Text}}</p>
{{- else}}<p>{{range $i, $line := .Lines}}{{if $i}}<br>{{end}}{{$line}}{{end}}</p>
{{- end}}
{{- end}}
</div>
</body>
</html>
`))
