// Judge checks proofs with Go's own transparency log packages, so that nothing of ours is judged by ours alone.
//
//	judge lines            reads one JSON question a line from standard input, answers {"ok":...,"reason":...} for each
//	judge proof FILE KEY   checks a complete proof of one reading; prints "ok", or "failed: ..." and exits with 1
//
// Questions for "lines":
//
//	{"kind":"inclusion","verifierKey":KEY,"note":NOTE,"leaf":BASE64,"index":N,"proof":[BASE64...]}
//	{"kind":"consistency","verifierKey":KEY,"oldNote":NOTE,"note":NOTE,"proof":[BASE64...]}
//
// Build, offline, against Debian's golang-golang-x-mod-dev:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o judge main.go
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// hashText is a hash in JSON. Unlike tlog.Hash it may be written with escapes: many encoders write "/" as "\/".
type hashText tlog.Hash

func (h *hashText) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	parsed, err := tlog.ParseHash(text)
	*h = hashText(parsed)
	return err
}

type hashList []hashText

func (l hashList) hashes() []tlog.Hash {
	hashes := make([]tlog.Hash, len(l))
	for i, h := range l {
		hashes[i] = tlog.Hash(h)
	}
	return hashes
}

type question struct {
	Kind        string
	VerifierKey string
	OldNote     string
	Note        string
	Leaf        []byte
	Index       int64
	Proof       hashList
}

type answer struct {
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"`
}

// proofFile is the proof of one reading, as exported for strangers.
type proofFile struct {
	Reading string
	Batch   struct {
		Text         string
		ReadingIndex int64
		ReadingCount int64
		ReadingProof hashList
	}
	Log struct {
		LeafIndex int64
		TreeSize  int64
		Proof     hashList
	}
	Checkpoint  string
	VerifierKey string
}

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "lines":
		answerLines()
	case len(os.Args) == 4 && os.Args[1] == "proof":
		if err := checkProofFile(os.Args[2], os.Args[3]); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		fmt.Println("ok")
	default:
		fmt.Fprintln(os.Stderr, "usage: judge lines | judge proof FILE KEY")
		os.Exit(2)
	}
}

func answerLines() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		result := answer{OK: true}
		if err := check(lines.Bytes()); err != nil {
			result = answer{Reason: err.Error()}
		}
		answers.Encode(result)
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func check(line []byte) error {
	var q question
	if err := json.Unmarshal(line, &q); err != nil {
		return err
	}
	tree, _, err := openCheckpoint(q.Note, q.VerifierKey)
	if err != nil {
		return err
	}
	switch q.Kind {
	case "inclusion":
		return tlog.CheckRecord(q.Proof.hashes(), tree.N, tree.Hash, q.Index, tlog.RecordHash(q.Leaf))
	case "consistency":
		old, _, err := openCheckpoint(q.OldNote, q.VerifierKey)
		if err != nil {
			return err
		}
		return tlog.CheckTree(q.Proof.hashes(), tree.N, tree.Hash, old.N, old.Hash)
	}
	return fmt.Errorf("unknown kind %q", q.Kind)
}

// openCheckpoint verifies a signed checkpoint and returns its tree and its origin.
func openCheckpoint(text, key string) (tlog.Tree, string, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tlog.Tree{}, "", err
	}
	signed, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, "", err
	}
	lines := strings.SplitN(signed.Text, "\n", 4)
	if len(lines) < 4 || lines[0] == "" {
		return tlog.Tree{}, "", errors.New("malformed checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, "", errors.New("malformed checkpoint size")
	}
	hash, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tlog.Tree{}, "", err
	}
	return tlog.Tree{N: size, Hash: hash}, lines[0], nil
}

// checkProofFile checks every link from the trusted key down to the reading.
func checkProofFile(path, key string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var p proofFile
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	if p.VerifierKey != key {
		return errors.New("the proof names another key than the trusted one")
	}
	tree, origin, err := openCheckpoint(p.Checkpoint, key)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if name := strings.SplitN(key, "+", 2)[0]; origin != name {
		return fmt.Errorf("the checkpoint is of log %q, not %q", origin, name)
	}
	if p.Log.TreeSize != tree.N {
		return fmt.Errorf("the proof is for %d leaves, the checkpoint for %d", p.Log.TreeSize, tree.N)
	}
	batchHash := tlog.RecordHash([]byte(p.Batch.Text))
	if err := tlog.CheckRecord(p.Log.Proof.hashes(), tree.N, tree.Hash, p.Log.LeafIndex, batchHash); err != nil {
		return fmt.Errorf("batch in log: %w", err)
	}
	return checkReading(p)
}

func checkReading(p proofFile) error {
	var batch struct {
		ReadingsRoot *hashText
		ReadingCount *int64
	}
	if err := json.Unmarshal([]byte(p.Batch.Text), &batch); err != nil {
		return fmt.Errorf("batch text: %w", err)
	}
	if batch.ReadingsRoot == nil {
		return errors.New("batch text: no readingsRoot")
	}
	if batch.ReadingCount != nil && *batch.ReadingCount != p.Batch.ReadingCount {
		return fmt.Errorf("the batch states %d readings, the proof is for %d", *batch.ReadingCount, p.Batch.ReadingCount)
	}
	readingHash := tlog.RecordHash([]byte(p.Reading))
	err := tlog.CheckRecord(
		p.Batch.ReadingProof.hashes(), p.Batch.ReadingCount, tlog.Hash(*batch.ReadingsRoot), p.Batch.ReadingIndex,
		readingHash)
	if err != nil {
		return fmt.Errorf("reading in batch: %w", err)
	}
	return nil
}
