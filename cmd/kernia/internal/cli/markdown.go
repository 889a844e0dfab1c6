package cli

// writeReference writes the page docs/reference/cli.md: what help says, as a document.
func writeReference(w *output) {
	w.printf("# The command line\n\nWritten by `go generate` in `cmd/kernia` from what `kernia help` says.\n\n```text\n")
	overview(w)
	w.printf("```\n")
	for _, cmd := range commands() {
		w.printf("\n## kernia %s\n\n```text\n%s```\n", cmd.name, cmd.help)
	}
}
