// Tlogcheck verifies a Comity ledger with the code of Go's checksum database, and none of Comity's.
//
//	tlogcheck proofs                          answers lines of standard input, see checkLine
//	tlogcheck audit DIR LOGKEY [WITNESSKEY]…  rebuilds every tile of the files under DIR
//	tlogcheck receipt FILE ENTRYHEX LOGKEY [WITNESSKEY]…
//
// It starts from the entries alone and compares every tile at every level with what they make.
// It does not use tlog.TileHashReader, which before x/mod 0.40.0 does not authenticate all the
// tiles it reads (GO-2026-6179).
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256

func main() {
	if len(os.Args) < 2 {
		fatal(2, errors.New("usage: tlogcheck proofs|audit|receipt"))
	}
	var err error
	switch command, args := os.Args[1], os.Args[2:]; {
	case command == "proofs":
		err = answerLines()
	case command == "audit" && len(args) >= 2:
		err = audit(args[0], args[1:])
	case command == "receipt" && len(args) >= 3:
		err = receipt(args[0], args[1], args[2:])
	default:
		fatal(2, fmt.Errorf("unknown command %q", command))
	}
	if err != nil {
		fatal(6, err)
	}
}

func fatal(code int, err error) {
	fmt.Fprintln(os.Stderr, "FAIL", err)
	os.Exit(code)
}

// answerLines reads claims, one a line, and answers "true" or "false" to each.
func answerLines() error {
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for scanner.Scan() {
		held, err := checkLine(strings.Fields(scanner.Text()))
		if err != nil {
			return err
		}
		fmt.Fprintln(out, held)
	}
	return scanner.Err()
}

// checkLine checks "inclusion INDEX SIZE LEAF ROOT HASH…" or "consistency OLD NEW OLDROOT NEWROOT HASH…",
// numbers in decimal and hashes in hex.
func checkLine(words []string) (bool, error) {
	if len(words) < 5 {
		return false, fmt.Errorf("a claim has five words or more: %q", words)
	}
	first, err1 := strconv.ParseInt(words[1], 10, 64)
	second, err2 := strconv.ParseInt(words[2], 10, 64)
	if err1 != nil || err2 != nil {
		return false, fmt.Errorf("not numbers: %q", words[1:3])
	}
	var hashes []tlog.Hash
	for _, word := range words[3:] {
		raw, err := hex.DecodeString(word)
		if err != nil || len(raw) != tlog.HashSize {
			return false, nil
		}
		hashes = append(hashes, tlog.Hash(*(*[32]byte)(raw)))
	}
	switch words[0] {
	case "inclusion":
		return tlog.CheckRecord(hashes[2:], second, hashes[1], first, hashes[0]) == nil, nil
	case "consistency":
		return tlog.CheckTree(hashes[2:], second, hashes[1], first, hashes[0]) == nil, nil
	}
	return false, fmt.Errorf("unknown claim %q", words[0])
}

// cosigner verifies cosignatures of type 04 (c2sp.org/tlog-cosignature).
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

func newVerifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("malformed key %q", vkey)
	}
	typed, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(typed) != 33 || typed[0] != 4 {
		return note.NewVerifier(vkey)
	}
	id := sha256.Sum256(append([]byte(parts[0]+"\n"), typed...))
	if hex.EncodeToString(id[:4]) != parts[1] {
		return nil, fmt.Errorf("the id of %q is not that of its key", vkey)
	}
	return &cosigner{parts[0], binary.BigEndian.Uint32(id[:4]), typed[1:]}, nil
}

// openCheckpoint demands a signature of every key, the first of which is the log's.
func openCheckpoint(raw []byte, vkeys []string) (int64, tlog.Hash, error) {
	var verifiers []note.Verifier
	for _, vkey := range vkeys {
		verifier, err := newVerifier(vkey)
		if err != nil {
			return 0, tlog.Hash{}, err
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open(raw, note.VerifierList(verifiers...))
	if err != nil {
		return 0, tlog.Hash{}, fmt.Errorf("checkpoint: %w", err)
	}
	if len(opened.Sigs) != len(verifiers) {
		return 0, tlog.Hash{}, fmt.Errorf("checkpoint: %d of %d keys signed", len(opened.Sigs), len(verifiers))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifiers[0].Name() {
		return 0, tlog.Hash{}, fmt.Errorf("checkpoint: not three lines of %s", verifiers[0].Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return 0, tlog.Hash{}, fmt.Errorf("checkpoint: size %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return 0, tlog.Hash{}, fmt.Errorf("checkpoint: root %q", lines[2])
	}
	return size, root, nil
}

// tilePath gives the path of c2sp.org/tlog-tiles from the one of Go: tile/8/L/N, tile/8/data/N.
func tilePath(level int, index int64, count int) string {
	path := strings.TrimPrefix(tlog.Tile{H: 8, L: level, N: index, W: count}.Path(), "tile/8/")
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

func audit(dir string, vkeys []string) error {
	raw, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	size, root, err := openCheckpoint(raw, vkeys)
	if err != nil {
		return err
	}
	row, err := leaves(dir, size)
	if err != nil {
		return err
	}
	made := treeHash(row)
	for level := 0; len(row) > 0; level++ {
		var above []tlog.Hash
		for first := 0; first < len(row); first += width {
			count := min(width, len(row)-first)
			name := tilePath(level, int64(first/width), count)
			served, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			var hashes bytes.Buffer
			for _, hash := range row[first : first+count] {
				hashes.Write(hash[:])
			}
			if !bytes.Equal(served, hashes.Bytes()) {
				return fmt.Errorf("%s is not what the entries make", name)
			}
			if count == width {
				above = append(above, treeHash(row[first:first+width]))
			}
		}
		row = above
	}
	if made != root {
		return fmt.Errorf("root: the entries make %v, the log signed %v", made, root)
	}
	fmt.Printf("OK %d entries under %v\n", size, root)
	return nil
}

// leaves hashes every entry of the bundles.
func leaves(dir string, size int64) ([]tlog.Hash, error) {
	row := make([]tlog.Hash, 0, size)
	for first := int64(0); first < size; first += width {
		count := min(width, int(size-first))
		name := tilePath(-1, first/width, count)
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		for n := 0; n < count; n++ {
			if len(raw) < 2 || len(raw) < 2+int(binary.BigEndian.Uint16(raw)) {
				return nil, fmt.Errorf("%s is cut off at entry %d", name, n)
			}
			end := 2 + int(binary.BigEndian.Uint16(raw))
			row = append(row, tlog.RecordHash(raw[2:end]))
			raw = raw[end:]
		}
		if len(raw) != 0 {
			return nil, fmt.Errorf("%s is longer than %d entries", name, count)
		}
	}
	return row, nil
}

func treeHash(row []tlog.Hash) tlog.Hash {
	switch len(row) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return row[0]
	}
	k := 1
	for 2*k < len(row) {
		k *= 2
	}
	return tlog.NodeHash(treeHash(row[:k]), treeHash(row[k:]))
}

func receipt(file, entry string, vkeys []string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	leaf, err := hex.DecodeString(entry)
	if err != nil {
		return err
	}
	end := bytes.Index(raw, []byte("\n\n"))
	if end < 0 {
		return errors.New("the receipt holds no checkpoint")
	}
	lines := strings.Split(string(raw[:end]), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("this is not a tlog-proof")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return errors.New("the receipt has no index")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		path = append(path, hash)
	}
	size, root, err := openCheckpoint(raw[end+2:], vkeys)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(path, size, root, index, tlog.RecordHash(leaf)); err != nil {
		return err
	}
	fmt.Printf("OK entry %d of %d under %v\n", index, size, root)
	return nil
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
