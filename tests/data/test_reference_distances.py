"""Tables of distances, and the genealogy that comes with the package."""

import itertools

import numpy as np
import pytest

from hyperadapters.data.conlang import Family
from hyperadapters.data.reference_distances import read_reference, write_table
from hyperadapters.relatedness.measures import known_distances
from hyperadapters.support.errors import UserError

ML50 = (
    "ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT "
    "lv_LV my_MM ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN af_ZA az_AZ bn_IN fa_IR he_IL "
    "hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL ps_AF pt_XX sv_SE sw_KE ta_IN te_IN "
    "th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES sl_SI"
).split()


def test_a_table_is_read_as_it_was_written(tmp_path):
    family = Family(1)
    known = known_distances(family.languages, family.distance)
    write_table(tmp_path / "t.tsv", "a tree", family.languages, known)
    found = read_reference(str(tmp_path / "t.tsv"), ["qcc", "qaa", "qba", "qab"])
    assert found.title == "a tree"
    assert found.distances[1, 3] == 0.3 and found.distances[0, 1] == 2.65
    assert found.groups["qaa"] == found.groups["qab"] != found.groups["qba"]
    assert np.array_equal(found.among(["qaa", "qab"]), [[0, 0.3], [0.3, 0]])


@pytest.mark.parametrize(
    "text",
    [
        "lang1\tlang2\tdistance\na\tb\t1\nb\tc\t2.5\na\tc\t3\n",
        "# comment\na b 1\nc b 2.5\n\na c 3\n",
        "\ta\tb\tc\na\t0\t1\t3\nb\t1\t0\t2.5\nc\t3\t2.5\t0\n",
        "code a b c\na 0 1 3\nb 1 0 2.5\nc 3 2.5 0\n",
        "lang1,lang2,distance\na,b,1\nb,c,2.5\na,c,3\n",
        ",a,b,c\na,0,1,3\nb,1,0,2.5\nc,3,2.5,0\n",
    ],
)
def test_every_form_of_table_is_read(tmp_path, text):
    (tmp_path / "t").write_text(text)
    found = read_reference(str(tmp_path / "t"), ["c", "a", "b"])
    assert found.distances.tolist() == [[0, 3, 2.5], [3, 0, 1], [2.5, 1, 0]]


@pytest.mark.parametrize(
    "text,message",
    [
        ("a b 1\nb c 2\n", "no distance of a-c"),
        ("a b 1\n", "neither a square matrix"),
        ("a b 1\nb d 2\na d 3\n", "no distance of c"),
        ("a b 1\nb c x\na c 3\n", "line 2: 'x' is no distance of b and c"),
        ("a b 1\nb a 2\na c 3\n", "line 2: b and a are 1.0 apart in one place and 2.0 in another"),
        ("\ta\tb\tc\na\t0\t1\nb\t1\t0\t2\nc\t3\t2\t0\n", "line 2: 2 distances for 3 languages"),
        ("\ta\tb\tc\na\t0\t1\t3\nb\t1\t0\t2\nc\t3\t-2\t0\n", "line 4: '-2' is no distance"),
        ("", "neither a square matrix"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path, text, message):
    (tmp_path / "t").write_text(text)
    with pytest.raises(UserError, match=message):
        read_reference(str(tmp_path / "t"), ["a", "b", "c"])


def test_a_table_that_is_not_there_is_an_error():
    with pytest.raises(UserError, match="no such file"):
        read_reference("genealogie", ["a"])


def test_the_genealogy_knows_all_languages_of_mbart_50_and_is_a_tree():
    found = read_reference("genealogy", ML50)
    assert len(ML50) == 52
    distance = {
        (a, b): found.distances[i, j] for i, a in enumerate(ML50) for j, b in enumerate(ML50)
    }
    for a, b, c in itertools.combinations(ML50[::2], 3):
        sides = sorted((distance[a, b], distance[b, c], distance[a, c]))
        assert sides[1] == sides[2]  # as in every tree whose leaves are equally deep
    assert distance["es_XX", "gl_ES"] < distance["es_XX", "ro_RO"] < distance["es_XX", "de_DE"]
    assert distance["de_DE", "hi_IN"] < distance["de_DE", "fi_FI"] == distance["ja_XX", "ko_KR"]
    assert read_reference("genealogy", ["de", "af"]).distances[0, 1] == distance["de_DE", "af_ZA"]
    with pytest.raises(UserError, match="knows nothing of qaa"):
        read_reference("genealogy", ["de", "qaa"])
