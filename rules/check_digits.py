"""Check digits of published code systems, so that a mistyped code cannot enter a code list.

Both functions say what is wrong in words a reviewer can act on, and None when nothing is. A right check digit
does not show that a code exists or means what its title says; only a terminology server can.
"""

from __future__ import annotations

import re

_SCTID = re.compile(r"[1-9][0-9]{5,17}")
_LOINC = re.compile(r"[0-9]{1,7}-[0-9]")
_SHORTEST_EXTENSION_ID = 11
"""Item, seven digits of namespace, two of partition, one check digit."""

_COMPONENTS = {"0": "concept", "1": "description", "2": "relationship"}
"""Second digit of the partition identifier of a SNOMED CT identifier: what the identifier names."""


def _dihedral_product(a: int, b: int) -> int:
    """Multiply in the dihedral group of order ten: 0 to 4 are rotations, 5 to 9 reflections."""
    if a < 5:
        return (a + b) % 5 if b < 5 else (a + b - 5) % 5 + 5
    return (a - 5 - b) % 5 + 5 if b < 5 else (a - b) % 5


_PRODUCTS = tuple(tuple(_dihedral_product(a, b) for b in range(10)) for a in range(10))
_PERMUTATIONS = [tuple(range(10)), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)]
for _ in range(6):
    _PERMUTATIONS.append(tuple(_PERMUTATIONS[1][digit] for digit in _PERMUTATIONS[-1]))


def _verhoeff_holds(digits: str) -> bool:
    """Tell whether the last of ``digits`` is the Verhoeff check digit of those before it."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _PRODUCTS[check][_PERMUTATIONS[place % 8][int(digit)]]
    return check == 0


def _mod_10_holds(digits: str) -> bool:
    """Tell whether the last of ``digits`` is the mod-10 check digit of those before it."""
    total = sum(int(digit) for digit in digits[-1::-2])
    total += sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return total % 10 == 0


def sctid_fault(code: str) -> str | None:
    """Say why ``code`` cannot be the identifier of a SNOMED CT concept; None when it can.

    Looks at the form (6 to 18 digits, no leading zero), the partition identifier (00 a concept of the
    international release, 10 a concept of an extension) and the Verhoeff check digit.
    """
    if not _SCTID.fullmatch(code):
        return "a SNOMED CT identifier has 6 to 18 digits and no leading zero"
    origin, component = code[-3], code[-2]
    if origin not in "01" or component not in _COMPONENTS:
        return f"no SNOMED CT identifier has the partition {origin}{component}"
    if origin == "1" and len(code) < _SHORTEST_EXTENSION_ID:
        return f"a SNOMED CT identifier of an extension has at least {_SHORTEST_EXTENSION_ID} digits"
    if not _verhoeff_holds(code):
        return "the SNOMED CT check digit is wrong"
    if component != "0":
        return f"the SNOMED CT identifier names a {_COMPONENTS[component]}, not a concept"
    return None


def loinc_fault(code: str) -> str | None:
    """Say why ``code`` cannot be a LOINC code, by its form or its mod-10 check digit; None when it can."""
    if not _LOINC.fullmatch(code):
        return "a LOINC code has up to 7 digits, a hyphen and a check digit"
    if not _mod_10_holds(code.replace("-", "")):
        return "the LOINC check digit is wrong"
    return None
