"""The code lists of the project: what is in them, how a coding is matched, every fault that is reported."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import codelists
from rules.codelist_files import COLUMNS, load_codelists
from rules.codelists import CodeLists, CodeMatch, Coding
from rules.faults import Fault

FOLDER = Path(codelists.__file__).with_name("codelists")
LISTS, FAULTS = load_codelists()

CM = "http://hl7.org/fhir/sid/icd-10-cm"
WHO = "http://hl7.org/fhir/sid/icd-10"
PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
SCT = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
URL = {
    "icd-10-cm": CM,
    "icd-10": WHO,
    "icd-10-pcs": PCS,
    "sct": SCT,
    "loinc": LOINC,
    "rxnorm": RXNORM,
    "atc": ATC,
}

LEFT, RIGHT, BOTH, NONE = (
    frozenset({"left"}),
    frozenset({"right"}),
    frozenset({"left", "right"}),
    frozenset[str](),
)

ROW_COUNTS = """
    hip_osteoarthritis 26, hip_pain 5, groin_pain 1, thigh_pain 4, hip_stiffness 3, gtps 8, fai 4,
    hip_labral_tear 7, iliopsoas_tendinitis 7, si_joint_dysfunction 12, avascular_necrosis_hip 19,
    hip_fracture 121, septic_arthritis_hip 18, scfe_perthes 34, unable_to_weight_bear 1,
    hip_joint_swollen 1, limp_or_gait_abnormality 8, low_back_pain 17, back_pain_unspecified 5,
    lumbago_with_sciatica 6, sciatica 10, lumbar_radiculopathy 17, lumbar_disc_herniation 11,
    lumbar_spinal_stenosis 11, neurogenic_claudication 2, piriformis_syndrome 6, back_muscle_spasm 2,
    scoliosis 6, spondylolisthesis 8, lumbar_spondylosis 10, cauda_equina_syndrome 11,
    urinary_retention 7, urinary_incontinence 10, neurogenic_bladder_bowel 7, faecal_incontinence 3,
    saddle_anaesthesia 1, skin_anaesthesia_unspecific 2, leg_motor_deficit 21,
    leg_muscle_weakness_with_site 1, lower_limb_pain 4, cancer_current 249,
    bone_metastasis_or_myeloma 26, cancer_history 28, osteoporosis 13, vertebral_fracture 24,
    significant_trauma 23, low_back_strain 3, acute_pain 1, fall 8, fever 5, injecting_drug_use 2,
    immunosuppression 22, long_term_steroid 1, spinal_infection 23, unexplained_weight_loss 6,
    hip_replacement_status 4, hip_replacement_procedure 68, hip_prosthesis_removed 2, pregnancy 80,
    obesity 11, palliative_or_hospice 6, knee_osteoarthritis_negative_control 3,
    family_history_never_match 5, order_hip_xray 18, order_hip_mri 6, order_lumbar_mri 8,
    order_lumbar_ct 3, order_lumbar_xray 9, order_pt_referral 4, order_ortho_referral 2,
    order_spine_surgery_referral 1, order_ed_referral 2, order_weight_management 3,
    order_exercise_education 3, order_msk_examination 1, order_hip_injection 5,
    order_epidural_injection 4, order_lumbar_fusion 10, spinal_fusion_status 1, order_laminectomy 7,
    order_discectomy 6, order_hip_arthroscopy 1, body_site 7, drug_opioid 25, opioid_use_disorder 5,
    drug_nsaid 24, drug_systemic_steroid 11, drug_immunosuppressant 3, obs_bmi 1,
    obs_body_temperature 1, obs_pain_severity 4, obs_crp 1, obs_hoos 7, obs_odi 2,
    spinal_cord_compression 2, obs_symptom 2
"""


def records(concept: str) -> list[dict[str, str]]:
    with (FOLDER / f"{concept}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def concepts(system: object, code: object, lists: CodeLists = LISTS) -> list[str]:
    return [match.concept for match in lists.match(system, code)]


def the_match(system: str, code: str, concept: str, lists: CodeLists = LISTS) -> CodeMatch:
    (found,) = (match for match in lists.match(system, code) if match.concept == concept)
    return found


# The lists of the project


def test_the_lists_of_the_project_have_no_fault() -> None:
    assert FAULTS == ()


def test_no_list_and_no_row_is_lost() -> None:
    expected = {name: int(count) for name, count in (item.split() for item in ROW_COUNTS.strip().split(","))}
    assert {path.stem: len(records(path.stem)) for path in FOLDER.glob("*.csv")} == expected
    assert (len(expected), sum(expected.values())) == (96, 1259)
    loaded = {name: len(entry.rows) + len(entry.unverified) for name, entry in LISTS.concepts.items()}
    assert loaded == expected


def test_every_concept_has_the_use_that_the_rules_rely_on() -> None:
    by_use: dict[str, set[str]] = {}
    for name, concept in LISTS.concepts.items():
        by_use.setdefault(concept.use, set()).add(name)
    assert by_use["unused"] == {
        "back_muscle_spasm",
        "drug_nsaid",
        "hip_prosthesis_removed",
        "hip_stiffness",
        "neurogenic_claudication",
        "obs_crp",
        "spinal_cord_compression",
        "spinal_fusion_status",
    }
    assert by_use["negative-control"] == {"knee_osteoarthritis_negative_control", "low_back_strain"}
    assert by_use["template"] == {"order_ed_referral", "order_exercise_education"}
    assert len(by_use["rule"]) == 84


def test_findings_that_count_as_observations() -> None:
    assert {name for name, concept in LISTS.concepts.items() if concept.finding} == {
        "saddle_anaesthesia",
        "urinary_retention",
        "urinary_incontinence",
        "faecal_incontinence",
        "leg_motor_deficit",
        "leg_muscle_weakness_with_site",
        "unable_to_weight_bear",
        "hip_joint_swollen",
        "fever",
        "groin_pain",
        "hip_pain",
        "limp_or_gait_abnormality",
    }


def test_no_list_is_signed_yet_and_titles_tell_the_lists_apart() -> None:
    assert not any(concept.reviewed for concept in LISTS.concepts.values())
    assert len({concept.title for concept in LISTS.concepts.values()}) == 96


def test_the_wide_codes() -> None:
    wide = {
        (name, row.system, row.code) for name, concept in LISTS.concepts.items() for row in concept.rows if row.wide
    }
    assert wide == {
        *(("fai", "icd-10-cm", code) for code in ("M25.85", "M25.851", "M25.852")),
        *(("hip_labral_tear", "icd-10-cm", code) for code in ("M24.15", "M24.151", "M24.152")),
        *(("hip_labral_tear", "icd-10-cm", code) for code in ("S73.19", "S73.191", "S73.192")),
        *(("piriformis_syndrome", "icd-10-cm", code) for code in ("G57.0", "G57.01", "G57.02", "G57.03")),
        ("piriformis_syndrome", "icd-10", "G57.0"),
        *(("si_joint_dysfunction", "icd-10-cm", code) for code in ("M53.3", "M99.04", "M99.05")),
        ("si_joint_dysfunction", "icd-10", "M53.3"),
        ("vertebral_fracture", "icd-10-cm", "M84.48"),
        ("vertebral_fracture", "icd-10", "M48.5"),
        *(("vertebral_fracture", "sct", code) for code in ("50448004", "42157000", "42942008")),
        *(("vertebral_fracture", "sct", code) for code in ("84138006", "274146004", "1734006")),
        ("lumbar_radiculopathy", "icd-10", "M54.1"),
        ("lumbar_radiculopathy", "icd-10", "M51.1"),
        ("lumbar_disc_herniation", "icd-10", "M51.1"),
        ("lumbar_spinal_stenosis", "icd-10", "M48.0"),
        ("spondylolisthesis", "icd-10", "M43.1"),
        ("scoliosis", "icd-10", "M41"),
        ("order_lumbar_fusion", "sct", "55705006"),
    }


@pytest.mark.parametrize(
    ("system", "code", "concept"),
    [
        (WHO, "M25.55", "hip_pain"),
        (PCS, "3E0U", "order_hip_injection"),
        (PCS, "3E0U33Z", "order_hip_injection"),
        (PCS, "01NB", "order_laminectomy"),
        (ATC, "L04A", "drug_immunosuppressant"),
        (ATC, "L04AX03", "drug_immunosuppressant"),
    ],
)
def test_an_unverified_row_is_kept_and_never_matches(system: str, code: str, concept: str) -> None:
    kept = {(row.system, row.code) for row in LISTS.concepts[concept].unverified}
    assert any(URL[short] == system and code.startswith(row_code) for short, row_code in kept)
    assert LISTS.match(system, code) == ()
    assert kept.isdisjoint((row.system, row.code) for row in LISTS.codes(concept))


def test_exactly_four_rows_are_unverified() -> None:
    assert sum(len(concept.unverified) for concept in LISTS.concepts.values()) == 4


def test_no_code_of_a_system_that_needs_a_licence_fee_is_shipped() -> None:
    assert set(LISTS.systems) == set(URL)


def test_other_skin_cancer_is_in_no_list() -> None:
    assert concepts(CM, "C44.91") == concepts(WHO, "C44.9") == []
    assert concepts(CM, "C43.9") == concepts(WHO, "C43.9") == ["cancer_current"]


def test_a_knee_prosthesis_is_no_hip_replacement() -> None:
    assert concepts(CM, "Z96.641") == ["hip_replacement_status"]
    assert concepts(CM, "Z96.651") == concepts(WHO, "Z96.6") == []


@pytest.mark.parametrize("concept", sorted(LISTS.concepts))
def test_every_row_finds_its_own_concept(concept: str) -> None:
    for row in LISTS.codes(concept):
        found = the_match(URL[row.system], row.code, concept)
        assert (found.row_code, found.display, found.wide) == (row.code, row.display, row.wide)
        assert found.sides >= row.sides
        takes_children = row.descendants and LISTS.systems[row.system].match == "prefix"
        longer = [match.row_code for match in LISTS.match(URL[row.system], row.code + "!") if match.concept == concept]
        assert (row.code in longer) is takes_children


# Systems


@pytest.mark.parametrize(("short", "url"), URL.items())
def test_a_system_is_known_by_its_canonical_address_and_its_variants(short: str, url: str) -> None:
    host, _, path = url.removeprefix("http://").partition("/")
    tail = f"/{path}" if path else ""
    variants = [
        url,
        f"https://{host}{tail}",
        f"{url}/",
        f"http://{host.upper()}{tail}",
        f"{url}|2026-04",
        f" {url} ",
        *LISTS.systems[short].aliases,
    ]
    assert {LISTS.system(variant) for variant in variants} == {short}


@pytest.mark.parametrize(
    ("number", "short"),
    [
        ("90", "icd-10-cm"),
        ("3", "icd-10"),
        ("4", "icd-10-pcs"),
        ("96", "sct"),
        ("1", "loinc"),
        ("88", "rxnorm"),
        ("73", "atc"),
    ],
)
def test_a_system_is_known_by_its_object_identifier(number: str, short: str) -> None:
    for oid in (f"urn:oid:2.16.840.1.113883.6.{number}", f"2.16.840.1.113883.6.{number}"):
        assert LISTS.system(oid) == short


def test_loinc_is_known_by_its_plain_name() -> None:
    assert LISTS.system("LOINC") == "loinc"
    assert concepts("LOINC", "8310-5") == ["obs_body_temperature"]


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        " ",
        "/",
        "http://",
        "|",
        0,
        True,
        ["http://loinc.org"],
        {"system": SCT},
        "TODO",
        "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
        "http://hl7.org/fhir/sid/icd-9-cm",
        "http://www.ama-assn.org/go/cpt",
        "urn:oid:2.16.840.1.113883.6.9",
        "urn:oid:1.2.840.114350.1.13.0.1.7.2.696580",
        SCT + "/" * 1000,
    ],
)
def test_any_other_system_is_unknown_and_matches_nothing(url: object) -> None:
    assert LISTS.system(url) is None
    assert LISTS.match(url, "M16.11") == LISTS.match(url, "239872002") == ()


# Matching


def test_a_match_says_what_matched() -> None:
    assert LISTS.match(CM, " m1611 ") == (
        CodeMatch(
            concept="hip_osteoarthritis",
            system="icd-10-cm",
            code="m1611",
            row_code="M16.11",
            display="Unilateral primary osteoarthritis, right hip",
            sides=RIGHT,
            wide=False,
            healing=False,
        ),
    )


@pytest.mark.parametrize("code", ["M16.11", "m16.11", "M1611", "m1611", " M16.11", "M16 .11", "M.16.1.1", "\tM1611\n"])
def test_icd_codes_are_compared_without_case_dots_and_blanks(code: str) -> None:
    assert concepts(CM, code) == ["hip_osteoarthritis"]
    assert the_match(CM, code, "hip_osteoarthritis").sides == RIGHT


@pytest.mark.parametrize("code", ["M54.5", "M54.50", "M54.51", "M54.59", "m545", "M5459"])
def test_a_parent_and_its_children_match_by_prefix(code: str) -> None:
    assert concepts(CM, code) == ["low_back_pain"]


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (CM, "M53.3", ["si_joint_dysfunction"]),
        (CM, "M53.30", []),
        (CM, "M54.8", []),
        (CM, "M54.89", ["back_pain_unspecified"]),
        (CM, "M16", ["hip_osteoarthritis"]),
        (CM, "M1", []),
        (CM, "M17.11", ["knee_osteoarthritis_negative_control"]),
        (WHO, "M53.38", ["si_joint_dysfunction"]),
        (WHO, "M54.56", ["low_back_pain"]),
        (WHO, "R33", ["urinary_retention"]),
        (WHO, "R33.8", []),
        (PCS, "0SR90JZ", ["hip_replacement_procedure"]),
        (PCS, "0sr9 0jz", ["hip_replacement_procedure"]),
        (PCS, "0SRC0JZ", []),
        (ATC, "n02aa01", ["drug_opioid"]),
        (ATC, "N02AB03", ["drug_opioid"]),
        (ATC, "N02", []),
        (SCT, " 239872002 ", ["hip_osteoarthritis"]),
        (SCT, "2398720020", []),
        (SCT, "23987200", []),
        (LOINC, "30767-8", ["order_hip_xray"]),
        (LOINC, "307678", []),
        (RXNORM, "6813", ["drug_opioid"]),
        (RXNORM, "68130", []),
        (WHO, "Z96.641", []),
    ],
)
def test_prefix_and_exact(system: str, code: str, expected: list[str]) -> None:
    assert concepts(system, code) == expected


def test_a_code_may_be_in_several_concepts() -> None:
    assert concepts(CM, "M54.41") == ["low_back_pain", "lumbago_with_sciatica"]
    assert concepts(CM, "M51.362") == ["low_back_pain", "lumbar_spondylosis", "sciatica"]
    assert concepts(CM, "M51.361") == ["lumbar_spondylosis", "sciatica"]


def test_the_longest_row_of_a_concept_gives_the_display() -> None:
    assert the_match(ATC, "N02AA01", "drug_opioid").display == "morphine"
    assert the_match(ATC, "N02AA99", "drug_opioid").display == "Opioids (analgesics)"


def test_family_history_is_matched_like_any_other_concept() -> None:
    assert concepts(CM, "Z82.61") == ["family_history_never_match"]
    assert concepts(CM, "Z80.3") == ["family_history_never_match"]


def test_wide_follows_the_row_to_its_children() -> None:
    assert the_match(CM, "M25.851", "fai").wide
    assert the_match(CM, "M25.859", "fai").wide
    assert the_match(CM, "S73.191A", "hip_labral_tear").wide
    assert the_match(WHO, "M54.16", "lumbar_radiculopathy").wide
    assert not the_match(CM, "M54.16", "lumbar_radiculopathy").wide


@pytest.mark.parametrize(
    ("system", "code", "healing"),
    [
        (CM, "S72.001A", False),
        (CM, "S72.001B", False),
        (CM, "S72.001C", False),
        (CM, "S72.001D", True),
        (CM, "s72001s", True),
        (CM, "S32.010G", True),
        (CM, "S72.001", False),
        (CM, "S72", False),
        (CM, "M80.051K", True),
        (CM, "M80.051A", False),
        (CM, "M84.48XD", True),
        (CM, "M84.48XA", False),
        (CM, "M97.01XD", False),
        (CM, "W11.XXXD", False),
        (WHO, "S72.001D", False),
    ],
)
def test_healing_codes(system: str, code: str, healing: bool) -> None:
    found = LISTS.match(system, code)
    assert found
    assert {match.healing for match in found} == {healing}


# Sides: the table "ICD-10-CM side positions" of the knowledge base, every category


def sided(categories: str, **sides: str) -> list[tuple[str, frozenset[str]]]:
    """Codes of each category with the last characters given per side; ``x`` stands for 2 and for 4."""
    meaning = {"right": RIGHT, "left": LEFT, "both": BOTH, "unknown": NONE}
    return [
        (category + end.replace("x", filler), meaning[side])
        for category in categories.split()
        for side, ends in sides.items()
        for end in ends.split()
        for filler in ("24" if "x" in end else "-")
    ]


SIDE_TABLE = [
    *sided("M16", both=".0 .2 .4 .6", right=".11 .31 .51", left=".12 .32 .52", unknown=".10 .30 .50 .7 .9"),
    *sided("M70.6 M76.1 M54.3 M54.4 M91.1", right="1", left="2", unknown="0"),
    *sided("T84.5", right="1XXA", left="2XXA"),
    *sided("M97.0", right="1XXA", left="2XXA", unknown="9XXA"),
    *sided("G57.0", right="1", left="2", both="3", unknown="0"),
    *sided("G83.1", right="1 3", left="2 4", unknown="0"),
    *sided("M25.55 M25.65 M25.85 M24.15 M79.65 M87.05 M87.15 M87.25", right="1", left="2", unknown="9"),
    *sided("M87.35 M87.85 M21.37 M00.05 M00.15 M00.25 M00.85", right="1", left="2", unknown="9"),
    *sided("M80.05 S73.19", right="1A", left="2A", unknown="9A"),
    *sided("Z96.64", right="1", left="2", both="3", unknown="9"),
    *sided("M93.0", right="x1", left="x2", both="x4", unknown="x3"),
    *sided("S72.0 S72.1 S32.4", right="x1A x4A", left="x2A x5A", unknown="x3A x6A x9A"),
    *sided("S72.2", right="1XXA 4XXA", left="2XXA 5XXA", unknown="3XXA 6XXA"),
    ("M79.604", RIGHT),
    ("M79.605", LEFT),
    ("M79.606", NONE),
]


@pytest.mark.parametrize(("code", "sides"), SIDE_TABLE)
def test_the_side_of_an_icd_10_cm_code(code: str, sides: frozenset[str]) -> None:
    found = LISTS.match(CM, code)
    assert found
    assert {match.sides for match in found} == {sides}


@pytest.mark.parametrize(
    ("code", "sides"),
    [
        ("M16.0", BOTH),
        ("M16.2", BOTH),
        ("M16.4", BOTH),
        ("M16.65", BOTH),
        ("M16.1", NONE),
        ("M16.11", NONE),
        ("M54.41", NONE),
    ],
)
def test_who_codes_have_no_side_but_the_bilateral_ones(code: str, sides: frozenset[str]) -> None:
    assert {match.sides for match in LISTS.match(WHO, code)} == {sides}


def test_the_side_comes_from_a_row_of_any_concept() -> None:
    assert not any(row.sides for row in LISTS.codes("significant_trauma"))
    assert the_match(CM, "S72.141A", "significant_trauma").sides == RIGHT
    assert the_match(CM, "M54.42", "low_back_pain").sides == LEFT


@pytest.mark.parametrize(
    ("system", "code", "sides"),
    [
        (SCT, "323291000119108", LEFT),
        (SCT, "323311000119107", RIGHT),
        (SCT, "112991000119105", BOTH),
        (SCT, "239872002", NONE),
        (SCT, "51440002", BOTH),
        (LOINC, "36631-0", LEFT),
        (LOINC, "38771-2", RIGHT),
        (PCS, "0SRB0JZ", LEFT),
        (PCS, "0SR90JZ", RIGHT),
    ],
)
def test_sides_of_the_other_systems(system: str, code: str, sides: frozenset[str]) -> None:
    assert {match.sides for match in LISTS.match(system, code)} == {sides}


# Whatever a record may hold

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(JSON | st.sampled_from(sorted(URL.values())), JSON)
def test_no_json_value_makes_matching_fail(system: object, code: object) -> None:
    LISTS.system(system)
    for match in LISTS.match(system, code):
        assert match.concept in LISTS.concepts


@given(st.sampled_from(sorted(URL)), st.text(alphabet="ABCDMSZ0123456789. -x", max_size=9))
def test_matching_agrees_with_a_plain_reading_of_the_files(short: str, written: str) -> None:
    """A second, slow reading of the definition: every active row of every file, one after the other."""
    prefix = LISTS.systems[short].match == "prefix"

    def plain(code: str) -> str:
        if short.startswith("icd"):
            return code.replace(".", "").replace(" ", "").upper()
        return code.strip().upper() if short == "atc" else code.strip()

    expected: dict[str, str] = {}
    for name, concept in LISTS.concepts.items():
        for row in concept.rows:
            same = plain(row.code) == plain(written)
            under = prefix and row.descendants and plain(written).startswith(plain(row.code))
            if row.system == short and (same or under):
                expected[name] = max(expected.get(name, ""), row.code, key=lambda code: len(plain(code)))
    assert {match.concept: match.row_code for match in LISTS.match(URL[short], written)} == expected


@pytest.mark.parametrize("code", [None, 239872002, 1.5, True, [], {}, "", " ", ".", "M16.11" + " " * 64, "M16" * 5000])
def test_a_code_that_is_no_code_matches_nothing(code: object) -> None:
    assert all(LISTS.match(url, code) == () for url in URL.values())


def test_a_letter_that_only_looks_like_one_of_ours_matches_nothing() -> None:
    assert concepts(ATC, "N02AA01") == ["drug_opioid"]
    assert LISTS.match(CM, "\u017f72.001A") == LISTS.match(CM, "\uff2d16.11") == ()
    assert LISTS.match(SCT, "\uff1239872002") == ()


def test_what_is_remembered_stays_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codelists, "MAX_REMEMBERED", 50)
    lists, _ = load_codelists()
    for number in range(1000):
        assert concepts(CM, f"M16.{number}", lists) == ["hip_osteoarthritis"]
        lists.match("urn:local", str(number))
        assert len(lists.known) <= 50


def test_many_threads_get_the_same_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codelists, "MAX_REMEMBERED", 7)
    lists, _ = load_codelists()
    asked = [(URL[row.system], row.code) for name in lists.concepts for row in lists.codes(name)][:600] * 2
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda coding: lists.match(*coding), asked))
    assert answers == [LISTS.match(*coding) for coding in asked]


def test_codes_of_an_unknown_concept() -> None:
    with pytest.raises(KeyError, match="hip_paln"):
        LISTS.codes("hip_paln")


def test_a_coding_is_a_plain_value() -> None:
    assert Coding("sct", "239872002") == Coding("sct", "239872002", None)


# Faults

SOUND_SYSTEMS = """
[systems.icd-10-cm]
title = "ICD-10-CM"
url = "http://hl7.org/fhir/sid/icd-10-cm"
aliases = ["urn:oid:2.16.840.1.113883.6.90"]
version = "test"
notice = "free"
match = "prefix"
ignore = ["blanks", "case", "dots"]

[systems.sct]
title = "SNOMED CT"
url = "http://snomed.info/sct"
version = "test"
notice = "licence"
match = "exact"
check_digit = "sctid"

[systems.loinc]
title = "LOINC"
url = "http://loinc.org"
version = "test"
notice = "licence"
match = "exact"
check_digit = "loinc"
"""

SOUND_ENTRY = """
[concepts.{name}]
title = "{name}"
use = "rule"
focus = "a"
scope = "b"
includes = "c"
excludes = "d"
reviewed = false
"""

HEADER = ",".join(COLUMNS)
SOUND_ROW = "icd-10-cm,M25.55,Pain in hip,yes,,,active,a book,"


class Files:
    """A folder of code lists, sound until a test spoils it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalogue(SOUND_SYSTEMS + SOUND_ENTRY.format(name="hip_pain"))
        self.rows(SOUND_ROW)

    def catalogue(self, text: str) -> None:
        (self.folder / "catalogue.toml").write_text(text, encoding="utf-8")

    def rows(self, *rows: str, concept: str = "hip_pain", header: str = HEADER) -> None:
        (self.folder / f"{concept}.csv").write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")

    def faults(self) -> list[Fault]:
        return list(load_codelists(self.folder)[1])

    def fault(self) -> Fault:
        (fault,) = self.faults()
        return fault


@pytest.fixture
def files(tmp_path: Path) -> Files:
    folder = tmp_path / "codelists"
    folder.mkdir()
    return Files(folder)


def test_sound_files_have_no_fault(files: Files) -> None:
    assert files.faults() == []


def test_a_spreadsheet_mark_at_the_start_of_a_file_is_no_fault(files: Files) -> None:
    (files.folder / "hip_pain.csv").write_text(f"\ufeff{HEADER}\r\n{SOUND_ROW}\r\n", encoding="utf-8")
    assert files.faults() == []


def test_descendants_in_a_system_that_matches_exactly_only_say_what_is_meant(files: Files) -> None:
    files.rows("sct,49218002,Pain of hip region,yes,,,active,a book,")
    lists, faults = load_codelists(files.folder)
    assert faults == ()
    assert concepts(SCT, "49218002", lists) == ["hip_pain"]
    assert lists.match(SCT, "492180021") == ()


def test_an_unknown_column(files: Files) -> None:
    files.rows(SOUND_ROW, header=HEADER.replace("display", "dispaly"))
    unknown, header, no_code = files.faults()
    assert unknown == Fault(
        "codelists/hip_pain.csv",
        "line 1",
        "unknown column 'dispaly'",
        "dispaly",
        tuple(sorted(COLUMNS)),
        "display",
    )
    assert header.message == f"the header must be {HEADER}"
    assert no_code.message == "the concept has no active code"


@pytest.mark.parametrize("header", [HEADER.removesuffix(",note"), HEADER + ",note", "code,system" + HEADER[11:]])
def test_a_header_that_is_not_the_header(files: Files, header: str) -> None:
    files.rows(SOUND_ROW, header=header)
    assert Fault("codelists/hip_pain.csv", "line 1", f"the header must be {HEADER}") in files.faults()


def test_an_empty_file(files: Files) -> None:
    (files.folder / "hip_pain.csv").write_bytes(b"")
    assert [fault.message for fault in files.faults()] == [
        f"the header must be {HEADER}",
        "the concept has no active code",
    ]


@pytest.mark.parametrize("row", ["icd-10-cm,M25.55,Pain in hip", SOUND_ROW + ",more"])
def test_a_row_with_too_few_or_too_many_columns(files: Files, row: str) -> None:
    files.rows(SOUND_ROW.replace("M25.55", "M25.56"), row)
    assert files.fault() == Fault("codelists/hip_pain.csv", "line 3", "a row has 9 columns")


@pytest.mark.parametrize(
    ("row", "message", "word", "nearest"),
    [
        ("icd10cm,M25.56,Pain,yes,,,active,a book,", "unknown system 'icd10cm'", "icd10cm", "icd-10-cm"),
        ("icd-10-cm,M25.56,Pain,yes,rihgt,,active,a book,", "unknown side 'rihgt'", "rihgt", "right"),
        ("icd-10-cm,M25.56,Pain,yes,,,actve,a book,", "unknown status 'actve'", "actve", "active"),
        ("icd-10-cm,M25.56,Pain,yess,,,active,a book,", "unknown descendants 'yess'", "yess", "yes"),
        ("icd-10-cm,M25.56,Pain,yes,,yse,active,a book,", "unknown wide 'yse'", "yse", "yes"),
        (
            "icd-10-cm,M25.56,Pain,yes,,,active,UNVERIFIED (no source),",
            "a row without evidence cannot be active",
            "active",
            "unverified",
        ),
        (
            "icd-10-cm,M25.56 ,Pain,yes,,,active,a book,",
            "code 'M25.56 ' has blanks around it",
            "M25.56 ",
            None,
        ),
        (
            "icd-10-cm,M25.56, Pain,yes,,,active,a book,",
            "display ' Pain' has blanks around it",
            " Pain",
            None,
        ),
        ("icd-10-cm,M25.56,,yes,,,active,a book,", "display is empty", None, None),
        ("icd-10-cm,M25.56,Pain,yes,,,active,,", "verified_by is empty", None, None),
        ("icd-10-cm,.,Pain,yes,,,active,a book,", "'.' is no code of ICD-10-CM", ".", None),
        (
            "icd-10-cm,\u041c25.56,Pain,yes,,,active,a book,",
            "'\u041c25.56' is no code of ICD-10-CM",
            "\u041c25.56",
            None,
        ),
        (
            "icd-10-cm,M2.,Pain,yes,,,active,a book,",
            "M2. is too short to stand for its descendants",
            "M2.",
            None,
        ),
        (
            "sct,49218003,Pain,yes,,,active,a book,",
            "49218003: the SNOMED CT check digit is wrong",
            "49218003",
            None,
        ),
        ("loinc,8310-6,Heat,no,,,active,a book,", "8310-6: the LOINC check digit is wrong", "8310-6", None),
        ("icd-10-cm,m2555,Pain in hip,no,,,active,a book,", "m2555 is in line 2 already", "m2555", None),
        (
            "sct,49218003,Pain,no,,,unverified,UNVERIFIED,",
            "49218003: the SNOMED CT check digit is wrong",
            "49218003",
            None,
        ),
    ],
)
def test_a_fault_in_a_row(files: Files, row: str, message: str, word: str | None, nearest: str | None) -> None:
    files.rows(SOUND_ROW, row)
    fault = files.fault()
    assert (fault.file, fault.place) == ("codelists/hip_pain.csv", "line 3")
    assert (fault.message, fault.word, fault.nearest) == (message, word, nearest)


def test_a_closed_word_names_the_words_allowed(files: Files) -> None:
    files.rows(SOUND_ROW, "icd-10-cm,M25.56,Pain,yes,middle,,active,a book,")
    assert files.fault().allowed == ("(empty)", "both", "left", "right")


def test_a_code_of_absurd_length(files: Files) -> None:
    files.rows(SOUND_ROW, f"icd-10-cm,M{'2' * 64},Pain,no,,,active,a book,")
    assert files.fault().message == f"'M{'2' * 64}' is no code of ICD-10-CM"


def test_a_row_with_a_fault_is_left_out_and_the_others_stay(files: Files) -> None:
    files.rows("sct,49218003,Pain,no,,,active,a book,", SOUND_ROW)
    lists, faults = load_codelists(files.folder)
    assert len(faults) == 1
    assert [row.code for row in lists.codes("hip_pain")] == ["M25.55"]


@pytest.mark.parametrize("rows", [(), (SOUND_ROW.replace("active,a book", "unverified,UNVERIFIED"),)])
def test_a_concept_without_active_code(files: Files, rows: tuple[str, ...]) -> None:
    files.rows(*rows)
    assert files.fault() == Fault("codelists/hip_pain.csv", "", "the concept has no active code", "hip_pain")


def test_a_concept_of_the_catalogue_without_file(files: Files) -> None:
    entries = SOUND_ENTRY.format(name="hip_pain") + SOUND_ENTRY.format(name="hip_pian")
    files.catalogue(SOUND_SYSTEMS + entries)
    assert files.fault() == Fault(
        "codelists/catalogue.toml",
        "concepts.hip_pian",
        "there is no file hip_pian.csv",
        "hip_pian",
        nearest="hip_pain",
    )


def test_a_file_without_entry_in_the_catalogue(files: Files) -> None:
    files.rows(SOUND_ROW, concept="hip_pian")
    assert files.fault() == Fault(
        "codelists/catalogue.toml",
        "concepts.hip_pian",
        "has no entry [concepts.hip_pian]",
        "hip_pian",
        nearest="hip_pain",
    )
    assert list(load_codelists(files.folder)[0].concepts) == ["hip_pain"]


def test_two_sides_for_one_code(files: Files) -> None:
    files.catalogue(SOUND_SYSTEMS + SOUND_ENTRY.format(name="hip_pain") + SOUND_ENTRY.format(name="trauma"))
    files.rows("icd-10-cm,M25.551,Pain in right hip,no,right,,active,a book,")
    files.rows("icd-10-cm,M25551,Pain in right hip,no,left,,active,a book,", concept="trauma")
    assert files.fault() == Fault("codelists/trauma.csv", "side", "M25551 has another side in hip_pain")


def test_the_longest_row_with_a_side_gives_it(files: Files) -> None:
    files.catalogue(SOUND_SYSTEMS + SOUND_ENTRY.format(name="hip_pain") + SOUND_ENTRY.format(name="trauma"))
    files.rows("icd-10-cm,M25.5,Pain in joint,yes,both,,active,a book,", SOUND_ROW)
    files.rows("icd-10-cm,M25.551,Pain in right hip,no,right,,active,a book,", concept="trauma")
    lists, faults = load_codelists(files.folder)
    assert faults == ()
    assert the_match(CM, "M25.551A", "hip_pain", lists).sides == RIGHT
    assert the_match(CM, "M25.559A", "hip_pain", lists).sides == BOTH
    assert concepts(CM, "M25.551A", lists) == ["hip_pain"]


def test_a_file_that_is_not_text(files: Files) -> None:
    (files.folder / "hip_pain.csv").write_bytes(b"\xff\xfe\x00")
    unreadable, _ = files.faults()
    assert unreadable.file == "codelists/hip_pain.csv"
    assert unreadable.message.startswith("cannot be read: 'utf-8' codec")


def test_a_file_with_a_broken_quotation(files: Files) -> None:
    files.rows('icd-10-cm,"M25.55"x,Pain,yes,,,active,a book,')
    unreadable, _ = files.faults()
    assert unreadable.message.startswith("cannot be read: ")


def test_no_catalogue(files: Files) -> None:
    (files.folder / "catalogue.toml").unlink()
    lists, faults = load_codelists(files.folder)
    assert faults[0].file == "codelists/catalogue.toml"
    assert faults[0].message.startswith("cannot be read: ")
    assert not lists.concepts
    assert lists.match(CM, "M25.55") == ()


@pytest.mark.parametrize("text", ["[systems", "[systems]\n[systems]\n"])
def test_a_catalogue_that_is_not_toml(files: Files, text: str) -> None:
    files.catalogue(text)
    assert files.faults()[0].message.startswith("cannot be read: ")


def test_tables_of_the_catalogue(files: Files) -> None:
    files.catalogue("concepts = 3\n" + SOUND_SYSTEMS.replace("[systems.", "[system."))
    known = ("concepts", "systems")
    catalogue = "codelists/catalogue.toml"
    assert files.faults()[:3] == [
        Fault(catalogue, "system", "unknown table 'system'", "system", known, "systems"),
        Fault(catalogue, "systems", "must be a table"),
        Fault(catalogue, "concepts", "must be a table"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "place", "message", "nearest"),
    [
        ('use = "rule"', 'use = "rules"', "concepts.hip_pain.use", "unknown word 'rules'", "rule"),
        ("focus", "fokus", "concepts.hip_pain.fokus", "unknown key 'fokus'", "focus"),
        (
            "reviewed = false",
            'reviewed = "no"',
            "concepts.hip_pain.reviewed",
            "Input should be a valid boolean",
            None,
        ),
        ('match = "exact"', 'match = "exakt"', "systems.sct.match", "unknown word 'exakt'", "exact"),
        ('"dots"', '"dot"', "systems.icd-10-cm.ignore[2]", "unknown word 'dot'", "dots"),
        (
            "check_digit",
            "check_digits",
            "systems.sct.check_digits",
            "unknown key 'check_digits'",
            "check_digit",
        ),
        ('"sctid"', '"sctids"', "systems.sct.check_digit", "unknown word 'sctids'", "sctid"),
        ('url = "http://loinc.org"', "", "systems.loinc.url", "Field required", None),
    ],
)
def test_a_fault_in_an_entry_of_the_catalogue(
    files: Files, old: str, new: str, place: str, message: str, nearest: str | None
) -> None:
    files.catalogue((SOUND_SYSTEMS + SOUND_ENTRY.format(name="hip_pain")).replace(old, new))
    faults = {(fault.place, fault.message, fault.nearest) for fault in files.faults()}
    assert (place, message, nearest) in faults


@pytest.mark.parametrize(
    ("alias", "owner"),
    [("https://snomed.info/sct/", "icd-10-cm"), ("urn:oid:", "nothing"), ("http://", "nothing")],
)
def test_an_address_that_names_two_systems_or_nothing(files: Files, alias: str, owner: str) -> None:
    systems = SOUND_SYSTEMS.replace("urn:oid:2.16.840.1.113883.6.90", alias)
    files.catalogue(systems + SOUND_ENTRY.format(name="hip_pain"))
    fault = files.fault()
    assert fault.message.endswith(f" names {owner}")
    assert fault.place == ("systems.sct" if owner == "icd-10-cm" else "systems.icd-10-cm")


def test_all_faults_are_reported_together(files: Files) -> None:
    files.catalogue((SOUND_SYSTEMS + SOUND_ENTRY.format(name="hip_pain")).replace("focus", "fokus"))
    files.rows("sct,49218003,Pain,no,,,active,a book,", "icd10,M25.55,Pain,yes,,,active,a book,")
    files.rows(SOUND_ROW, concept="extra")
    messages = [str(fault) for fault in files.faults()]
    assert len(messages) == 6
    assert len(set(messages)) == 6
