#!/usr/bin/env python3
"""Writes Sources/Terminal/Width/DisplayWidthTable.swift from Python's copy of the Unicode Character Database.

Zero columns: marks that combine (Mn, Me), format characters (Cf) but the soft hyphen, and the vowels and final
consonants of Hangul syllables, which join the consonant before them. Two columns: East Asian Width W and F, unassigned
ideographs included. Everything else takes one. With --check it says whether the file is what it would write.
"""

import pathlib
import sys
import unicodedata

TARGET = pathlib.Path(__file__).resolve().parent.parent / "Sources/Terminal/Width/DisplayWidthTable.swift"
# Planes and blocks in which every code point is wide, assigned or not (Unicode Standard Annex 11, section 5).
IDEOGRAPHS = [(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FFFD), (0x30000, 0x3FFFD)]
JAMO = [(0x1160, 0x11FF), (0xD7B0, 0xD7FF)]


def within(ranges, code):
    return any(first <= code <= last for first, last in ranges)


def width(code):
    char = chr(code)
    if code != 0xAD and unicodedata.category(char) in ("Mn", "Me", "Cf") or within(JAMO, code):
        return 0
    if unicodedata.east_asian_width(char) in "WF" or within(IDEOGRAPHS, code):
        return 2
    return 1


def ranges(wanted):
    found = []
    for code in range(0xA0, 0x110000):
        if 0xD800 <= code <= 0xDFFF or width(code) != wanted:
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def array(name, comment, found):
    lines = [f"    /// {comment}", f"    static let {name}: [UInt32] = ["]
    for at in range(0, len(found), 4):
        lines.append("        " + " ".join(f"0x{a:X}, 0x{b:X}," for a, b in found[at : at + 4]))
    return lines + ["    ]"]


def main():
    lines = [
        "// Written by scripts/width-table.py; change that instead.",
        "",
        "/// Columns of code points other than one, as pairs of a range's first and last code point, sorted.",
        "enum DisplayWidthTable {",
        "    /// The Unicode version that the table was made from.",
        f'    static let unicode = "{unicodedata.unidata_version}"',
        "",
    ]
    lines += array("zero", "No column of their own.", ranges(0)) + [""]
    lines += array("wide", "Two columns.", ranges(2)) + ["}"]
    text = "\n".join(lines) + "\n"
    if "--check" in sys.argv:
        return TARGET.read_text() != text
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
