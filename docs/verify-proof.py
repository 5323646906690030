#!/usr/bin/env python3
"""Checks a proof from a Bastide ledger without any part of Bastide: Python's standard library and openssl.

    verify-proof.py PROOF.json LEDGER.pub

PROOF.json is what the console, `bastide ledger prove` or GET /api/v1/ledger/proof gives. LEDGER.pub holds the ledger's
key, which must come from another source than the proof. Exits with 0 when every link holds, with 1 when one does not.
See docs/ledger.md for the formats.
"""

import base64
import binascii
import hashlib
import json
import subprocess
import sys
import tempfile


class Broken(Exception):
    """A link of the chain that does not hold."""


def require(holds, link):
    """Says that a link holds, or stops."""
    if not holds:
        raise Broken(link)
    print(f"ok  {link}")


def leaf_hash(text):
    """RFC 6962 section 2.1: a leaf is hashed behind a zero byte."""
    return hashlib.sha256(b"\0" + text.encode()).digest()


def root(leaf, index, size, siblings):
    """The root that a leaf and its inclusion proof lead to, or None (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        return None
    node, last = leaf, size - 1
    for sibling in siblings:
        if last == 0:
            return None
        if index % 2 == 1 or index == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while index % 2 == 0 and index != 0:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        index, last = index >> 1, last >> 1
    return node if last == 0 else None


def hashes(texts):
    """Hashes as JSON has them: base64."""
    return [base64.b64decode(text, validate=True) for text in texts]


def read_key(text):
    """A verifier key `name+hash+base64`: its name, its four bytes of hash, its Ed25519 public key."""
    name, short, encoded = text.strip().split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    short = bytes.fromhex(short)
    if hashlib.sha256(name.encode() + b"\n" + key).digest()[:4] != short or len(key) != 33 or key[0] != 1:
        raise Broken("the key is a whole Ed25519 key")
    return name, short, key[1:]


def is_signed(message, signature, key):
    """Whether Ed25519 accepts the signature (RFC 8032), by openssl."""
    # The fixed head of a SubjectPublicKeyInfo for Ed25519 (RFC 8410 section 4).
    head = bytes.fromhex("302a300506032b6570032100")
    with tempfile.TemporaryDirectory() as folder:
        for name, content in [("key", head + key), ("message", message), ("signature", signature)]:
            with open(f"{folder}/{name}", "wb") as file:
                file.write(content)
        arguments = ["-pubin", "-inkey", f"{folder}/key", "-keyform", "DER", "-rawin", "-in", f"{folder}/message",
                     "-sigfile", f"{folder}/signature"]
        done = subprocess.run(["openssl", "pkeyutl", "-verify", *arguments], capture_output=True, check=False)
        return done.returncode == 0


def read_checkpoint(note, key):
    """The size and root hash that a signed checkpoint states (C2SP signed-note, tlog-checkpoint)."""
    name, short, public = key
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, encoded = line.split(" ", 2)
        signature = base64.b64decode(encoded, validate=True)
        if dash == "\u2014" and signer == name and signature[:4] == short:
            if is_signed(text.encode(), signature[4:], public):
                break
    else:
        raise Broken(f"the checkpoint is signed by {name}")
    origin, size, root_hash = text.split("\n")[:3]
    require(origin == name, f"the checkpoint is signed by {name}, for its own log")
    return int(size), base64.b64decode(root_hash, validate=True)


def verify(proof, key):
    """Climbs down from the key to the reading."""
    size, root_hash = read_checkpoint(proof["checkpoint"], key)
    batch, log = proof["batch"], proof["log"]
    found = root(leaf_hash(batch["text"]), log["leafIndex"], log["treeSize"], hashes(log["proof"]))
    require(log["treeSize"] == size and found == root_hash, "the batch is in the log of that checkpoint")
    words = json.loads(batch["text"])
    is_placed = words["batch"] == log["leafIndex"] + 1 and words["entries"] == batch["readingCount"]
    require(words["city"] == key[0] and is_placed, "the batch's words agree with its place")
    leaf = leaf_hash(proof["reading"])
    found = root(leaf, batch["readingIndex"], batch["readingCount"], hashes(batch["readingProof"]))
    require(found == hashes([words["readingsRoot"]])[0], "the reading is in the batch")


def main(arguments):
    """Reads two files, says what holds."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    try:
        with open(arguments[0], encoding="utf-8") as file:
            proof = json.load(file)
        with open(arguments[1], encoding="utf-8") as file:
            key = read_key(file.read())
        verify(proof, key)
    except Broken as broken:
        print(f"BROKEN  {broken}")
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        print(f"BROKEN  the files are a proof and a key: {error!r}")
        return 1
    print(f"\nproved: {proof['reading']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
