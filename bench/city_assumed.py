"""What the synthetic city assumes because no data at hand say it.

Each figure carries `"assumed": true` into `figures.json` and the reason why. None
is evidence of anything. Does not: depend on who a person is; nothing here is by
sex, race, age or place of birth (except that a juvenile is under 18), so that no
disparity is built in and none can be found.
"""

from __future__ import annotations

from typing import Any, Final

SOURCES: Final = {
    "philadelphia": (
        "arrests a day by 27 offence groups, 2014-01-01 to 2021-04-10, Philadelphia District"
        " Attorney's Office, in vlorman/DA-causal-inference @fab60fe"
    ),
    "queens": "NYPD arrests in Queens, January to September 2021, NYC Open Data uip8-fykc",
    "jail": (
        'NYC Department of Correction, "Daily Inmates in Custody", 2016-06 to 2024-12,'
        " NYC Open Data, collected daily in CharlesFainLehman/Rikers-DIC @f1f237c"
    ),
    "detainers": (
        "ICE detainers lodged in Pennsylvania, 2007-10 to 2013-12, ICE FOIA extract in"
        " eads/geocode-pa-detainers @bbd824a"
    ),
    "none": "assumed: no data at hand",
}


def _assumed(unit: str, value: Any, why: str) -> dict[str, Any]:
    return {"source": "none", "assumed": True, "unit": unit, "value": value, "note": why}


ASSUMED: Final[dict[str, dict[str, Any]]] = {
    "arrest_hour": _assumed(
        "share of arrests by local hour, 0 to 23",
        [
            *(0.046, 0.041, 0.034, 0.027, 0.020, 0.016, 0.017, 0.022, 0.030, 0.037, 0.043, 0.046),
            *(0.047, 0.047, 0.048, 0.050, 0.052, 0.053, 0.054, 0.055, 0.056, 0.055, 0.053, 0.051),
        ],
        "no set at hand has the hour of an arrest: the Philadelphia and Queens counts have days,"
        " the jail's hours are admissions; nearly flat, quieter from 3 to 8",
    ),
    "declined": _assumed(
        "share of arrests that end without a charge", 0.07, "the counts begin with an arrest"
    ),
    "jailed_by_grade": _assumed(
        "share of the charged who go to jail from arraignment, by gravest charge",
        {
            "H1": 1.0,
            "H2": 1.0,
            "H3": 1.0,
            "F1": 0.72,
            "F2": 0.5,
            "F3": 0.35,
            "F": 0.35,
            "M1": 0.22,
            "M2": 0.18,
            "M3": 0.1,
            "M": 0.12,
            "S": 0.06,
            "IC": 0.3,
        },
        "the jail's data hold only those who were jailed",
    ),
    "leaves_how": _assumed(
        "share of stays by how they end",
        {"released": 0.84, "transferred": 0.09, "gone": 0.07},
        "the jail's list cannot tell release, transfer and sealing apart",
    ),
    "disposition": _assumed(
        "share of charged arrests",
        {
            "guilty plea": 0.38,
            "convicted": 0.06,
            "nolo contendere": 0.02,
            "dismissed": 0.26,
            "withdrawn": 0.18,
            "nolle prossed": 0.06,
            "acquitted": 0.04,
        },
        "no court data at hand",
    ),
    "disposition_days": _assumed(
        "days from arraignment, for those who wait at liberty",
        {"at": [0.005, 0.25, 0.5, 0.75, 0.995], "is": [14.0, 75.0, 150.0, 260.0, 620.0]},
        "no court data at hand",
    ),
    "born_abroad": _assumed(
        "share of people",
        0.15,
        "no set at hand has places of birth, and none was looked for; drawn apart from everything else",
    ),
    "convicted_before": _assumed("share of people", 0.3, "no criminal histories at hand"),
    "with_victim": _assumed(
        "share of arrests that name a victim or witness", 0.3, "no incident data at hand"
    ),
    "other_holds": _assumed(
        "share of jail stays with a hold that is no detainer", 0.08, "no hold data at hand"
    ),
    "corrected": _assumed("share of arrests", 0.04, "no correction log at hand"),
    "charge_changed": _assumed(
        "share of charged arrests whose charges are changed before the court decides",
        0.12,
        "the jail's feed reports changes of the top charge only",
    ),
    "expunged": _assumed("share of arrests that end without conviction", 0.12, "no orders at hand"),
    "sealed": _assumed("share of arrests that end without conviction", 0.08, "no orders at hand"),
    "order_days": _assumed(
        "days from the end of a case to an order of expungement or sealing",
        {"at": [0.005, 0.1, 0.5, 0.995], "is": [3.0, 20.0, 160.0, 500.0]},
        "no orders at hand",
    ),
    "hidden": _assumed(
        "share of arrests hidden for a while, to protect somebody", 0.006, "no orders at hand"
    ),
}
