#!/usr/bin/env python3
"""Check a range opening of Comity without any of its software. Made to be read.

    verify-range-opening.py FILE VERIFIER_KEY

Python's own library, and `cryptography` for the one signature. The form of the file is in
docs/openings.md; the tree is that of RFC 6962 section 2.1, made here as the RFC defines it, by
recursion. Prints `OK` and what the entries say, counted; exits with 1 and the reason where
anything does not hold. It reads the log's signature, and passes over those of witnesses.
"""

import base64
import collections
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def demand(holds, otherwise):
    """Go on, or end here and say why."""
    if not holds:
        raise SystemExit(f"FAIL: {otherwise}")


def b64(text):
    """The bytes of base64, in its one spelling."""
    raw = base64.b64decode(text, validate=True)
    demand(base64.b64encode(raw).decode() == text, f"`{text}` is not base64 as it is written")
    return raw


def sha256(*parts):
    """The hash over the parts, one after another."""
    return hashlib.sha256(b"".join(parts)).digest()


def number(text):
    """A number in its one spelling."""
    demand(text.isascii() and text.isdigit() and str(int(text)) == text, f"`{text}` is no number")
    return int(text)


def canonical(value):
    """RFC 8785 for what Comity writes: no floats, keys in ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def signed_tree(note, verifier_key):
    """Size and root of the checkpoint, once the log's own signature was found to hold."""
    text, _, signatures = note.partition("\n\n")
    origin, size, root = (text + "\n").split("\n")[:3]
    name, key_id, key = verifier_key.split("+", 2)
    raw = b64(key)
    demand(raw[0] == 1, "the key is no Ed25519 key of a log")
    demand(origin == name, f"the checkpoint is of `{origin}`, the key of `{name}`")
    demand(sha256(name.encode(), b"\n", raw)[:4].hex() == key_id, "the key does not fit its id")
    for line in signatures.splitlines():
        dash, signer, blob = line.split(" ")
        if (dash, signer) == ("\u2014", name) and b64(blob)[:4].hex() == key_id:
            try:
                public = Ed25519PublicKey.from_public_bytes(raw[1:])
                public.verify(b64(blob)[4:], (text + "\n").encode())
            except InvalidSignature:
                demand(False, "the log's signature does not fit")
            return origin, number(size), b64(root)
    raise SystemExit("FAIL: the log did not sign this checkpoint")


def leaf_of(line):
    """The leaf hash that an entry's line leads to, and what its two compartments say."""
    entry = json.loads(line)
    demand(canonical(entry) == line, "an entry is not canonical JSON")
    demand(set(entry) == {"digests", "open", "v"} and entry["v"] == 1, "an entry of another form")
    demand(set(entry["open"]) == {"request", "decision"}, "not exactly request and decision open")
    demand(len(entry["digests"]) == 4, "an entry has four digests")
    names = ("subject", "content", "request", "decision")
    digests = dict(zip(names, map(b64, entry["digests"]), strict=True))
    said = {}
    for name, (opening, text) in entry["open"].items():
        demand(len(b64(opening)) == 32, "an opening has 32 bytes")
        digest = sha256(b"comity.v1/", name.encode(), b"\0", b64(opening), text.encode())
        demand(digest == digests[name], f"{name} is not what was sealed")
        said[name] = json.loads(text)
        demand(canonical(said[name]) == text, f"{name} is not canonical JSON")
    public = b"\x01" + sha256(b"comity.v1/entry\0", *digests.values())
    return sha256(b"\0", public), said


def root_over(first, end, start, stop, leaves, borders):
    """RFC 6962's hash over leaves [first, end): opened leaves, or a border, or both joined."""
    width = end - first
    outside = end <= start or first >= stop
    if outside and width & (width - 1) == 0:
        return borders.popleft()
    if width == 1:
        return leaves.popleft()
    half = 1 << (width - 1).bit_length() - 1
    left = root_over(first, first + half, start, stop, leaves, borders)
    right = root_over(first + half, end, start, stop, leaves, borders)
    return sha256(b"\x01", left, right)


def main(file, verifier_key):
    """Check the file and tell what it says."""
    whole = Path(file).read_bytes().decode("utf-8")
    head, entries, note = whole.split("\n\n", 2)
    header, bounds, *hashes = head.split("\n")
    demand(header == "comity/range-opening@v1", "this is no range opening")
    word, start, stop = bounds.split(" ")
    demand(word == "range", "the second line is not the range")
    start, stop = number(start), number(stop)
    origin, size, root = signed_tree(note, verifier_key)
    demand(0 <= start < stop <= size, f"[{start}, {stop}) is no range of {size} entries")

    leaves, counts = collections.deque(), collections.Counter()
    for line in entries.split("\n"):
        leaf, said = leaf_of(line)
        leaves.append(leaf)
        decision, request = said["decision"], said["request"]
        counts[decision.get("kind"), request.get("ori"), decision.get("outcome")] += 1
    demand(len(leaves) == stop - start, f"{len(leaves)} entries, not {stop - start}")
    borders = collections.deque(map(b64, hashes))
    try:
        made = root_over(0, size, start, stop, leaves, borders)
    except IndexError:
        raise SystemExit("FAIL: too few hashes beside the range") from None
    demand(not borders, "too many hashes beside the range")
    demand(made == root, "the entries do not lead to the root that was signed")
    print(f"OK: all {stop - start} entries from {start} to {stop - 1} of {origin}")
    for (kind, agency, outcome), times in sorted(counts.items(), key=str):
        print(f"{times:>8}  {kind or '-'}, {agency or '-'}, {outcome or '-'}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    try:
        main(*sys.argv[1:])
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise SystemExit(f"FAIL: the file has another form: {fault}") from fault
