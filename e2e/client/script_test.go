package client_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// running is how long one script may take.
const running = 4 * time.Minute

// answers are what a script can ask for, by name. The result is handed back as JSON.
type answers map[string]func() any

// A word is one line of a script: a promise that was kept, one that was broken, or a question.
type word struct {
	Kept   string
	Broken string
	Why    string
	Ask    string
}

// run runs a script of a staged folder. Each promise that it keeps or breaks is a subtest.
func run(t *testing.T, dir, script string, given any, answers answers) {
	t.Helper()
	node, _ := node(t)
	argument, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := within(t, running)
	defer cancel()
	cmd := group(exec.CommandContext(ctx, node, filepath.Join(dir, script), string(argument)))
	var stderr bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &stderr, 2*time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	promises := 0
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var w word
		if !strings.HasPrefix(lines.Text(), "{") || json.Unmarshal(lines.Bytes(), &w) != nil {
			t.Log(lines.Text())
			continue
		}
		if w.Ask == "" {
			promises++
			t.Run(w.Kept+w.Broken, func(t *testing.T) {
				if w.Broken != "" {
					t.Error(w.Why)
				}
			})
			continue
		}
		answer, ok := answers[w.Ask]
		if !ok {
			t.Fatalf("%s asks for %q, which nobody answers", script, w.Ask)
		}
		if err := json.NewEncoder(in).Encode(answer()); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil && !t.Failed() || promises == 0 {
		t.Errorf("%s: %v after %d promises\n%s", script, err, promises, stderr.Bytes())
	} else if stderr.Len() > 0 {
		t.Logf("%s says\n%s", script, stderr.Bytes())
	}
}
