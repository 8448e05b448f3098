// An independent reader of a C2SP tiled log, and an independent witness: signed notes, Merkle proofs and tiles are those
// of golang.org/x/mod/sumdb, cosignatures those of github.com/transparency-dev/formats; nothing of Lienthong's is used.
//
//	foreign verify URL VKEY [OLD_CHECKPOINT_FILE]   exit 0: checkpoint, every record's inclusion, consistency, root hold
//	foreign witness NAME VKEY                       serves add-checkpoint; prints its address and vkey
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	tnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	var err error
	switch os.Args[1] {
	case "verify":
		err = verify(os.Args[2], os.Args[3], os.Args[4:])
	case "witness":
		err = witness(os.Args[2], os.Args[3])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// open reads a checkpoint: the note's signature under vkey, then origin, size and root.
func open(raw []byte, vkey string) (tlog.Tree, *note.Note, error) {
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, nil, err
	}
	n, err := note.Open(raw, note.VerifierList(v))
	if err != nil {
		return tlog.Tree{}, nil, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] != v.Name() {
		return tlog.Tree{}, nil, errors.New("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, nil, err
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: hash}, n, err
}

func get(url string) ([]byte, error) {
	answer, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		return nil, fmt.Errorf("%s: %s", url, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// tiles fetches C2SP tiles for x/mod's own tile reader (same tiles, other paths).
type tiles struct{ url string }

func (t tiles) Height() int { return 8 }

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		path := strings.TrimPrefix(tile.Path(), "tile/8/")
		data, err := get(t.url + "/tile/" + path)
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func verify(url, vkey string, old []string) error {
	raw, err := get(url + "/checkpoint")
	if err != nil {
		return err
	}
	tree, _, err := open(raw, vkey)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, tiles{url}) // authenticates every tile against the root
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil || root != tree.Hash {
		return fmt.Errorf("root: %v", err)
	}
	for i := int64(0); i < tree.N; i++ {
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
		if err != nil {
			return err
		}
		proof, err := overHTTP(fmt.Sprintf("%s/proof/inclusion?index=%d&size=%d", url, i, tree.N))
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(tlog.RecordProof(proof), tree.N, tree.Hash, i, hashes[0]); err != nil {
			return fmt.Errorf("inclusion of %d: %w", i, err)
		}
	}
	for _, file := range old {
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		before, _, err := open(raw, vkey)
		if err != nil {
			return err
		}
		proof, err := overHTTP(fmt.Sprintf("%s/proof/consistency?first=%d&second=%d", url, before.N, tree.N))
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(tlog.TreeProof(proof), tree.N, tree.Hash, before.N, before.Hash); err != nil {
			return fmt.Errorf("consistency: %w", err)
		}
	}
	return nil
}

// overHTTP reads the hashes of {"path": […]}.
func overHTTP(url string) ([]tlog.Hash, error) {
	data, err := get(url)
	if err != nil {
		return nil, err
	}
	_, list, ok := strings.Cut(string(data), `"path":[`)
	if !ok {
		return nil, errors.New("no path")
	}
	var path []tlog.Hash
	for _, text := range strings.Split(strings.TrimRight(list, "]}\n"), ",") {
		if text == "" {
			continue
		}
		hash, err := tlog.ParseHash(strings.Trim(text, `"`))
		if err != nil {
			return nil, err
		}
		path = append(path, hash)
	}
	return path, nil
}

func witness(name, vkey string) error {
	skey, logKey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return err
	}
	signer, err := tnote.NewSignerForCosignatureV1(skey)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	public, err := tnote.VKeyToCosignatureV1(logKey)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s %s\n", listener.Addr(), public)
	var lock sync.Mutex
	var last tlog.Tree
	http.HandleFunc("POST /add-checkpoint", func(w http.ResponseWriter, r *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		body, _ := io.ReadAll(r.Body)
		head, raw, _ := bytes.Cut(body, []byte("\n\n"))
		lines := strings.Split(string(head), "\n")
		old, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
		if err != nil {
			http.Error(w, "old", 400)
			return
		}
		tree, opened, err := open(raw, vkey)
		if err != nil {
			http.Error(w, err.Error(), 403)
			return
		}
		if old != last.N {
			w.Header().Set("Content-Type", "text/x.tlog.size")
			w.WriteHeader(409)
			fmt.Fprintf(w, "%d\n", last.N)
			return
		}
		var proof tlog.TreeProof
		for _, line := range lines[1:] {
			hash, err := base64.StdEncoding.DecodeString(line)
			if err != nil || len(hash) != tlog.HashSize {
				http.Error(w, "proof", 400)
				return
			}
			proof = append(proof, tlog.Hash(hash))
		}
		if old > 0 {
			if err := tlog.CheckTree(proof, tree.N, tree.Hash, old, last.Hash); err != nil {
				http.Error(w, err.Error(), 422)
				return
			}
		}
		signed, err := note.Sign(&note.Note{Text: opened.Text}, signer)
		if err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		last = tree
		w.Write(signed[len(opened.Text)+1:])
	})
	return http.Serve(listener, nil)
}
