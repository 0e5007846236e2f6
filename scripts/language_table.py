#!/usr/bin/env python3
"""Makes hyperadapters/support/languages.tsv: codes, name, scripts and lineage of languages.

Languages with an ISO 639-1 code, and those of a list of NLLB's codes (`deu_Latn`, one a line). Needs
qwanqwa (Apache-2.0), which has ISO 639, writing systems (ISO 15924) and Glottolog's tree (CC-BY 4.0).

    scripts/language_table.py NLLB_CODES hyperadapters/support/languages.tsv
"""

import sys
from pathlib import Path

from qq import Database, IdType

HEADINGS = ("code", "other_codes", "name", "scripts", "lineage")
# Individual languages that stand for a macrolanguage with an ISO 639-1 code, as in NLLB; also codes withdrawn.
STANDARD = {
    "arb": "ar", "als": "sq", "ayr": "ay", "azj": "az", "cmn": "zh", "est": "et", "fuv": "ff", "gaz": "om",
    "khk": "mn", "kmr": "ku", "knc": "kr", "lvs": "lv", "nob": "no", "npi": "ne", "ory": "or", "pbt": "ps",
    "pes": "fa", "plt": "mg", "quy": "qu", "swh": "sw", "uzn": "uz", "ydd": "yi", "zsm": "ms",
}  # fmt: skip
WITHDRAWN = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "nb": "no", "ajp": "apc"}
# Scripts in use that NLLB's codes lack.
ALSO = {"dyu": "Nkoo", "mn": "Mong", "mni": "Mtei", "sr": "Latn", "uz": "Cyrl", "yue": "Hans"}
# Macrolanguages that Glottolog lacks, and one of their languages.
MEMBER = {"et": "ekk", "gn": "gug", "iu": "ike", "kg": "kng", "oj": "ojg", "sc": "sro"}


def main() -> None:
    """Writes the table to the file that is named."""
    codes, out = sys.argv[1:]
    database = Database.load()
    nllb: dict[str, set[str]] = {}
    for code in Path(codes).read_text(encoding="utf-8").split():
        language, _, script = code.partition("_")
        nllb.setdefault(language, set()).add(script)
    short = [
        each
        for each in database.all_languoids
        if each.iso_639_1 and each.iso_639_1 not in WITHDRAWN
    ]
    rows = {each.iso_639_1: [each] for each in short}
    for language in sorted({*nllb, *STANDARD} - {*WITHDRAWN}):
        languoid = database.get(language, id_type=IdType.ISO_639_3)
        key = STANDARD.get(language) or languoid.iso_639_1 or language
        rows.setdefault(key, [])
        if languoid not in rows[key]:
            rows[key].insert(0, languoid)
    lines = ["\t".join(HEADINGS)]
    for key, group in sorted(rows.items()):
        others = {each.iso_639_3 for each in group} | {
            old for old, new in WITHDRAWN.items() if new == key
        }
        scripts = set().union(*(nllb.get(each.iso_639_3, set()) for each in group))
        for each in group:
            if not scripts:
                scripts = {script.iso_15924 for script in each.canonical_scripts or ()}
        scripts |= {ALSO[key]} if key in ALSO else set()
        related = [
            *group,
            *([database.get(MEMBER[key], id_type=IdType.ISO_639_3)] if key in MEMBER else []),
        ]
        lineage = next((each.family_tree for each in related if each.family_tree), group)
        path = " > ".join(ancestor.name for ancestor in reversed(lineage))
        name = group[-1].name
        lines.append(
            "\t".join(
                (key, ",".join(sorted(others - {key})), name, ",".join(sorted(scripts)), path)
            )
        )
    Path(out).write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
