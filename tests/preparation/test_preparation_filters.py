"""Filters of single pairs, de-duplication, and the counts of both."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperadapters.preparation import duplicates, scripts
from hyperadapters.preparation.corpora import Source
from hyperadapters.preparation.filters.rules import Rules, filter_chunk
from hyperadapters.preparation.hashes import HeldOut, hashes, is_in, pair_hashes, write_hashes
from hyperadapters.preparation.lengths import usual_ratio
from hyperadapters.preparation.text import clean_lines, joined

LATIN_CYRILLIC = (("Latin",), ("Cyrillic",))


def filtered(pairs, **rules):
    """What is left of some pairs, and the counts of what is not."""
    source, target = ("".join(f"{pair[side]}\n" for pair in pairs).encode() for side in (0, 1))
    kept = filter_chunk((source, target, Rules(**rules)))
    left = list(zip(clean_lines(kept.source), clean_lines(kept.target)))
    assert kept.read == len(pairs) == len(left) + sum(kept.dropped.values())
    assert (
        kept.hashes.tolist()
        == pair_hashes(*(hashes([p[s] for p in left]) for s in (0, 1))).tolist()
    )
    return left, kept.dropped


@pytest.mark.parametrize(
    "pair,rules,reason",
    [
        (("", "b"), {}, "empty"),
        (("a", " \u3000"), {"gaps": True}, "gap"),
        (("a", "bcd"), {"min_chars": 2}, "too short"),
        (("abcdef", "b"), {"max_chars": 5}, "too long"),
        (("a" * 41, "b" * 10), {"length_ratio": 3.0, "length_slack": 10}, "length ratio"),
        (("a" * 10, "b" * 41), {"length_ratio": 3.0, "length_slack": 10}, "length ratio"),
        (("abc", "abc"), {"copies": True}, "copy"),
        (("ab", "only Latin"), {"script_share": 0.3, "scripts": LATIN_CYRILLIC}, "script"),
        (("аб Latin", "аб"), {"script_share": 0.9, "scripts": LATIN_CYRILLIC}, "script"),
    ],
)
def test_a_pair_is_dropped_under_its_reason(pair, rules, reason):
    good = ("ab cd", "бв гд")
    assert filtered([good, pair, good], **rules) == ([good, good], {reason: 1})


@pytest.mark.parametrize(
    "pair,rules",
    [
        (("a" * 40, "b" * 10), {"length_ratio": 3.0, "length_slack": 10}),
        (("a" * 90, "b" * 10), {"length_ratio": 3.0, "usual_ratio": 3.0}),
        (("a", "Wörd"), {"script_share": 1.0, "scripts": (("Latin",), ("Latin",))}),
        (("Relay 2.0", "новый Relay"), {"script_share": 0.3, "scripts": LATIN_CYRILLIC}),
        (("12 - 3", "12 - 3 !"), {"script_share": 0.3, "scripts": LATIN_CYRILLIC}),
        (("a", "日本のテスト"), {"script_share": 1.0, "scripts": ((), scripts.usual("ja"))}),
        (("a", "スーパー"), {"script_share": 1.0, "scripts": ((), ("Katakana",))}),
        (("abc", "abc"), {}),
    ],
)
def test_a_pair_is_kept(pair, rules):
    assert filtered([pair], **rules) == ([pair], {})


def test_white_space_of_every_kind_becomes_one_blank():
    left, _ = filtered([("\ufeffa\u2028b\u00a0 c\r", "\td\u0085e")])
    assert left == [("a b c", "d e")]


def test_a_side_in_the_held_out_set_of_any_language_drops_the_pair(tmp_path):
    file = tmp_path / "held_out"
    write_hashes(file, np.unique(hashes(["held", "out"])))
    held_out = HeldOut(file, "one", 2)
    pairs = [("a", "held"), ("out", "b"), ("hel", "d"), ("out ", "c")]
    assert filtered(pairs, held_out=held_out) == ([("hel", "d")], {"held out": 3})
    write_hashes(file, hashes([]))
    assert filtered(pairs[:1], held_out=HeldOut(file, "other", 0)) == ([("a", "held")], {})


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8")), max_size=8))
def test_letters_are_counted_as_unicode_counts_them(lines):
    import regex

    lines = [" ".join(line.split()) for line in lines]
    total, latin = scripts.counts(lines, ("Latin", "Greek"))
    for line, letters, expected in zip(lines, total, latin):
        own = r"[\p{L}--\p{Script=Common}--\p{Script=Inherited}]"
        assert letters == len(regex.findall(own, line, regex.V1))
        assert expected == len(regex.findall(r"[[\p{Latin}\p{Greek}]&&\p{L}]", line, regex.V1))


def test_scripts_are_measured():
    found = scripts.measure(["Да да да, yes 文字 ひらがな カタカナ عربي"])
    assert found == {
        "Cyrillic": 6, "Latin": 3, "Han": 2, "Hiragana": 4, "Katakana": 4, "Arabic": 4,
    }  # fmt: skip
    assert scripts.main_scripts({"Latin": 96, "Greek": 4}) == ["Latin"]
    assert scripts.main_scripts({}) == []


def test_letters_are_measured_in_the_script_that_the_filter_counts():
    import regex

    of_script = {}
    for point in np.flatnonzero(scripts.letters())[::8].tolist():
        (name,) = scripts.measure([chr(point)])
        of_script[name] = of_script.get(name, "") + chr(point)
    assert scripts.UNKNOWN not in of_script and len(of_script) > 150
    for name, characters in of_script.items():
        assert regex.fullmatch(rf"\p{{Script={name}}}+", characters), name


@pytest.mark.parametrize(
    "text,names",
    [
        ("ᐃᓄᒃᑎᑐᑦ Nunavut", ["Canadian_Aboriginal", "Latin"]),
        ("ᱥᱟᱱᱛᱟᱲᱤ", ["Ol_Chiki"]),
        ("ꯃꯩꯇꯩꯂꯣꯟ", ["Meetei_Mayek"]),
        ("ᥖᥭᥰᥘᥫᥴ ᦎᦷᦑᦺᦟᦹᧉ", ["New_Tai_Lue", "Tai_Le"]),
        ("ꠍꠤꠟꠐꠤ ꤊꤢꤛꤢ 𐴌𐴟𐴇𐴥𐴝", ["Hanifi_Rohingya", "Kayah_Li", "Syloti_Nagri"]),
        ("ＦＵＬＬ", ["Latin"]),
        ("スーパーマーケット", ["Katakana"]),  # the long vowels are of no script
        ("µ ー", []),
    ],
)
def test_scripts_whose_letters_are_not_named_after_them(text, names):
    assert scripts.main_scripts(scripts.measure([text])) == names


def test_a_script_has_one_name_for_its_code_and_other_spellings():
    for text in ("Canadian_Aboriginal", "canadian aboriginal", "Cans", "cans"):
        assert scripts.script_name(text) == "Canadian_Aboriginal"
    assert scripts.script_name("Klingon") == ""


def test_the_usual_ratio_is_a_median(tmp_path):
    (tmp_path / "a").write_text("aaaaaa\n" * 20 + "a\n" * 5)
    (tmp_path / "b").write_text("bb\n" * 20 + "b" * 99 + "\n" + "\n" * 4)
    assert usual_ratio([Source((tmp_path / "a", tmp_path / "b"), gaps=False)]) == 3.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 30), max_size=120), st.sampled_from([1, 2, 5, 1000]))
def test_first_occurrences_are_found_in_buckets_too(tmp_path_factory, numbers, bucket):
    file = tmp_path_factory.mktemp("hashes") / "file"
    values = np.array(numbers, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    values.tofile(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "BUCKET", bucket)
        patch.setattr(duplicates, "READ", 7)
        first = duplicates.first_occurrences(file)
    assert first.tolist() == [n not in numbers[:place] for place, n in enumerate(numbers)]


def test_the_sides_of_a_pair_are_told_apart():
    one, two = hashes(["one"]), hashes(["two"])
    assert pair_hashes(one, two) != pair_hashes(two, one)
    assert is_in(one, np.unique(np.concatenate([one, two]))).all()
    assert joined(["a", "ä"]) == "a\nä\n".encode()
