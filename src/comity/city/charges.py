"""What people are charged with: Philadelphia's 27 offence groups as Pennsylvania statutes.

Source: the groups are those of the District Attorney's counts (`figures.json`,
`charge_mix`); statutes, labels and base grades are Comity's own table of usual
charges, from memory: demo data, not for legal use. Which statutes make up a group,
and what is charged beside them, is assumed. A group whose statute the table lacks
(embezzlement, licence plates, patronising) takes its nearest. Invariant: every
group of the figures has its statutes (tested).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from comity.city.dice import Dice, Shares
from comity.records.record import Charge


class Offence(NamedTuple):
    """A statute as charged. `statute` is written as texts and inquiries write it."""

    statute: str
    label: str
    grade: str
    violent: bool = False

    def charge(self, sequence: int, **known: str | int | None) -> Charge:
        """The charge of that place in the list; `known` sets what the court has said of it."""
        return Charge(
            sequence=str(sequence),
            description=self.label,
            statute=self.statute,
            grade=self.grade,
            violent=self.violent,
            **known,  # type: ignore[arg-type]  # the fields of Charge, checked by its users' tests
        )


_MURDER: Final = Offence("18 § 2502(c)", "Murder, third degree", "H3", True)
_FIRST: Final = Offence("18 § 2502(a)", "Murder, first degree", "H1", True)
_MANSLAUGHTER: Final = Offence("18 § 2503", "Voluntary manslaughter", "F1", True)
_ASSAULT: Final = Offence("18 § 2701", "Simple assault", "M2")
_INJURY: Final = Offence("18 § 2702(a)(1)", "Aggravated assault, serious bodily injury", "F1", True)
_WEAPON: Final = Offence("18 § 2702(a)(4)", "Aggravated assault, deadly weapon", "F2")
_ENDANGERING: Final = Offence("18 § 2705", "Recklessly endangering another person", "M2")
_THREATS: Final = Offence("18 § 2706", "Terroristic threats", "M1")
_HARASSMENT: Final = Offence("18 § 2709", "Harassment", "S")
_STRANGULATION: Final = Offence("18 § 2718", "Strangulation", "M2")
_RAPE: Final = Offence("18 § 3121", "Rape", "F1", True)
_SEXUAL: Final = Offence("18 § 3124.1", "Sexual assault", "F2", True)
_INDECENT: Final = Offence("18 § 3126", "Indecent assault", "M2")
_EXPOSURE: Final = Offence("18 § 3127", "Indecent exposure", "M2")
_MISCHIEF: Final = Offence("18 § 3304", "Criminal mischief", "S")
_DWELLING: Final = Offence(
    "18 § 3502(a)(1)", "Burglary, overnight accommodation, person present", "F1", True
)
_SHOP: Final = Offence(
    "18 § 3502(a)(4)", "Burglary, not overnight accommodation, no person present", "F2"
)
_TRESPASS: Final = Offence("18 § 3503(a)", "Criminal trespass, buildings", "F3")
_DEFIANT: Final = Offence("18 § 3503(b)", "Defiant trespasser", "M3")
_ARMED: Final = Offence(
    "18 § 3701(a)(1)(ii)", "Robbery, threat of serious bodily injury", "F1", True
)
_ROBBERY: Final = Offence("18 § 3701(a)(1)(iv)", "Robbery, bodily injury", "F2")
_SNATCHING: Final = Offence("18 § 3701(a)(1)(v)", "Robbery, by force however slight", "F3")
_THEFT: Final = Offence("18 § 3921", "Theft by unlawful taking", "M1")
_RECEIVING: Final = Offence("18 § 3925", "Receiving stolen property", "M1")
_VEHICLE: Final = Offence("18 § 3928", "Unauthorized use of automobiles", "M2")
_RETAIL: Final = Offence("18 § 3929", "Retail theft", "S")
_FORGERY: Final = Offence("18 § 4101", "Forgery", "F3")
_DEVICE: Final = Offence("18 § 4106", "Access device fraud", "F3")
_RESISTING: Final = Offence("18 § 5104", "Resisting arrest", "M2")
_DISORDERLY: Final = Offence("18 § 5503", "Disorderly conduct", "S")
_PROSTITUTION: Final = Offence("18 § 5902", "Prostitution", "M3")
_BARRED: Final = Offence("18 § 6105", "Persons not to possess firearms", "F2")
_UNLICENSED: Final = Offence("18 § 6106", "Firearms not to be carried without a licence", "F3")
_CARRYING: Final = Offence("18 § 6108", "Carrying firearms on public streets", "M1")
_INSTRUMENT: Final = Offence("18 § 907", "Possessing instruments of crime", "M1")
_POSSESSION: Final = Offence("35 § 780-113(a)(16)", "Possession of controlled substance", "M")
_DEALING: Final = Offence(
    "35 § 780-113(a)(30)", "Manufacture, delivery or possession with intent", "F"
)
_MARIJUANA: Final = Offence("35 § 780-113(a)(31)", "Small amount of marijuana", "M")
_PARAPHERNALIA: Final = Offence("35 § 780-113(a)(32)", "Drug paraphernalia", "M")
_DUI: Final = Offence("75 § 3802(a)(1)", "DUI, general impairment, first offence", "M")
_FLEEING: Final = Offence("75 § 3733", "Fleeing or attempting to elude", "M2")
_SUSPENDED: Final = Offence("75 § 1543", "Driving while operating privilege suspended", "S")
_CONTEMPT: Final = Offence("23 § 6114", "Contempt of protection order", "IC")

LEADING: Final[dict[str, tuple[Offence, ...]]] = {
    "Homicide": (_MURDER, _MURDER, _FIRST, _MANSLAUGHTER),
    "Non-Fatal Shooting": (_INJURY,),
    "Rape": (_RAPE,),
    "Robbery/Gun": (_ARMED,),
    "Robbery/Other": (_ROBBERY, _ROBBERY, _SNATCHING),
    "Aggravated Assault/Gun": (_WEAPON, _WEAPON, _INJURY),
    "Aggravated Assault/Other": (_WEAPON, _INJURY),
    "Other Assaults": (_ASSAULT,),
    "Sexual Assault and Other Sex Offenses": (_SEXUAL, _INDECENT, _INDECENT, _EXPOSURE),
    "Burglary/Residential": (_DWELLING,),
    "Burglary/Commercial": (_SHOP,),
    "Theft of Motor Vehicle Tag": (_THEFT,),
    "Theft from Person": (_THEFT,),
    "Theft from Auto": (_THEFT,),
    "Retail Theft": (_RETAIL,),
    "Theft": (_THEFT, _THEFT, _RECEIVING),
    "Auto Theft": (_VEHICLE, _RECEIVING),
    "Fraud/Theft of Services": (_DEVICE, _FORGERY),
    "Embezzlement": (_THEFT,),
    "Drug Possession": (_POSSESSION, _POSSESSION, _MARIJUANA),
    "Drug Sales": (_DEALING,),
    "DUI": (_DUI,),
    "Illegal Firearms Possession": (_BARRED, _UNLICENSED),
    "Prostitution/Sex Work": (_PROSTITUTION,),
    "Patronizing Prostitutes": (_PROSTITUTION,),
    "Threats of Violence": (_THREATS,),
    "Uncategorized Offenses": (
        *(_DEFIANT, _TRESPASS, _MISCHIEF, _RESISTING, _DISORDERLY, _INSTRUMENT),
        *(_CONTEMPT, _SUSPENDED, _HARASSMENT, _FLEEING),
    ),
}
"""Group to what may lead the list of charges, each entry as likely."""

_BESIDE: Final[dict[str, tuple[Offence, ...]]] = {
    "Non-Fatal Shooting": (_CARRYING, _ENDANGERING, _INSTRUMENT),
    "Homicide": (_INSTRUMENT, _ENDANGERING),
    "Robbery/Gun": (_THEFT, _CARRYING, _INSTRUMENT),
    "Robbery/Other": (_THEFT, _RECEIVING, _ASSAULT),
    "Aggravated Assault/Gun": (_CARRYING, _ASSAULT, _ENDANGERING),
    "Aggravated Assault/Other": (_ASSAULT, _ENDANGERING, _STRANGULATION),
    "Other Assaults": (_ENDANGERING, _HARASSMENT),
    "Drug Sales": (_POSSESSION, _PARAPHERNALIA),
    "Drug Possession": (_PARAPHERNALIA,),
    "Illegal Firearms Possession": (_CARRYING, _RECEIVING),
    "DUI": (_SUSPENDED,),
    "Auto Theft": (_THEFT, _FLEEING),
}
_ANYWHERE: Final = (_RESISTING, _RECEIVING, _DISORDERLY)
_BESIDE_SHARE: Final = 0.45

EARLIER: Final = (_RETAIL, _POSSESSION, _ASSAULT, _THEFT, _DEALING, _UNLICENSED, _ROBBERY, _INJURY)
"""Earlier convictions, each as likely (assumed)."""


def offences(dice: Dice, mix: Shares) -> tuple[str, tuple[Offence, ...]]:
    """A group, and one to three offences of which the first leads."""
    group = dice.share(mix)
    found = [dice.one(LEADING[group])]
    for other in _BESIDE.get(group, _ANYWHERE)[:2]:
        if other not in found and dice.chance(_BESIDE_SHARE):
            found.append(other)
    return group, tuple(found)
