#!/usr/bin/env python3
"""A second verifier of journals, written from docs/journal.md: the chain and later redactions, without seals. verify-journal.py FILE...

A file that ends with .gz is a session that was put away: the same bytes in gzip.
It shares no code with Lockgate, and is what the tests compare Lockgate's verifier with.
Prints one line a file: `PATH: whole N` or `PATH: broken RECORD`. Exits with 1 when one is broken.
"""

import gzip
import hashlib
import json
import sys
import unicodedata
import zlib

MEMBERS = ["seq", "time", "type", "payload", "prev", "hash"]
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Number(str):
    """A number as it is spelled."""


def members(pairs):
    names = [unicodedata.normalize("NFC", name) for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a member comes twice")
    return dict(pairs)


def refuse(word):
    raise ValueError(f"{word} is not JSON")


def canonical(value):
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(ESCAPES.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return "{" + ",".join(canonical(name) + ":" + canonical(member) for name, member in value.items()) + "}"


def record(line, sequence, previous):
    """The hash of the record in a line; ValueError when it is not the one that belongs here."""
    body, mark, end = line[:-75], line[-75:-66], line[-66:]
    if len(line) <= 75 or mark != b',"hash":"' or end[-2:] != b'"}':
        raise ValueError("no hash at the end")
    actual = hashlib.sha256(body + b"}").hexdigest()
    stated = end[:-2].decode("ascii", "replace")
    text = line.decode("utf-8")
    value = json.loads(
        text, parse_int=Number, parse_float=Number, parse_constant=refuse, object_pairs_hook=members
    )
    if not isinstance(value, dict) or list(value) != MEMBERS or canonical(value) != text:
        raise ValueError("not a record's form")
    if value["seq"] != str(sequence) or not isinstance(value["seq"], Number):
        raise ValueError("another number")
    if type(value["time"]) is not str or type(value["type"]) is not str or value["prev"] != previous:
        raise ValueError("another predecessor")
    if sequence == 0 and value["type"] != "session":
        raise ValueError("no beginning")
    if stated != actual and (sequence == 0 or value["type"] in ("seal", "redaction")):
        raise ValueError("another content")
    return stated, actual, value


def lines(file):
    """The file's lines; one that is not whole where an archive is damaged."""
    try:
        yield from file
    except (EOFError, gzip.BadGzipFile, zlib.error):
        yield b"damaged"


def check(path):
    """The number of records, and whether all are whole; else the number of the first that is not."""
    sequence, previous = 0, "0" * 64
    # Records whose content is not what their hash says: redacted, if a later record says so.
    redacted = {}
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rb") as file:
        for line in lines(file):
            try:
                if not line.endswith(b"\n"):
                    raise ValueError("torn")
                previous, actual, value = record(line[:-1], sequence, previous)
                if previous != actual:
                    redacted[sequence] = (previous, actual)
                if value["type"] == "redaction" and isinstance(value["payload"], dict):
                    payload = value["payload"]
                    number = int(payload["record"])
                    if redacted.get(number) == (payload["hash"], payload["replaced"]):
                        del redacted[number]
            except (ValueError, KeyError, TypeError, RecursionError):
                return min([sequence, *redacted]), False
            sequence += 1
    if redacted:
        return min(redacted), False
    return sequence, sequence > 0


def main():
    status = 0
    for path in sys.argv[1:]:
        number, whole = check(path)
        print(f"{path}: {'whole' if whole else 'broken'} {number}")
        status = status if whole else 1
    return status


if __name__ == "__main__":
    sys.exit(main())
