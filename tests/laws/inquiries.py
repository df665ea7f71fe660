"""Hypothesis strategies for inquiries, principals and records, over the whole vocabulary."""

from __future__ import annotations

from hypothesis import strategies as st

from comity.disclosure.inquiry import (
    Asked,
    Basis,
    ByIdentifier,
    ByList,
    ByName,
    ByStanding,
    Inquirer,
    Inquiry,
    OnBehalfOf,
    Ori,
)
from comity.instant import Instant, parse_instant
from comity.law.vocabulary import DataClass, Grade, ProcessKind, Purpose
from comity.records.record import (
    Appearance,
    Arrest,
    Bystander,
    Charge,
    Contact,
    Conviction,
    Custody,
    CustodyStatus,
    Hold,
    Identity,
    PersonId,
    Record,
    RecordId,
    Release,
    Standing,
    Whereabouts,
)

AT: Instant = parse_instant("2017-05-01T16:00:00Z")

PARTIES = ("us-ice", "us-atf", "neighbour-sheriff")

inquirers = st.builds(
    lambda party, justice, officer, fault: Inquirer(
        ori=Ori(f"XX{party[-3:].upper()}0000"),
        agency_name=f"agency of {party}",
        parties=(party,),
        criminal_justice=justice,
        officer=officer,
        fault=fault,
    ),
    st.sampled_from(PARTIES),
    st.sampled_from((True, True, True, False)),
    st.sampled_from((None, "officer-7")),
    st.sampled_from((None, None, None, None, "the agency is suspended")),
)

queries = st.one_of(
    st.just(ByIdentifier(record_id="r-1")),
    st.just(ByIdentifier(state_id="00000001")),
    st.just(ByName("MARKERSUR", "MARKERGIVEN")),
    st.just(ByName("MARKERSUR", "MARKERGIVEN", "1990-01-02")),
    st.just(ByList(birthplace_not="United States")),
    st.just(ByList(arrested_from="2017-04-01", charge_statute="18 § 2701")),
    st.just(ByList(sur_name="MARKERSUR")),
    st.just(ByStanding(record_ids=("r-1",))),
    st.just(ByStanding(charge_statute="18 § 2701")),
)

bases = st.builds(
    Basis,
    process_id=st.just("p-1"),
    kind=st.sampled_from(ProcessKind),
    criminal=st.booleans(),
    verified=st.booleans(),
    names_subject=st.booleans(),
)

inquiries = st.builds(
    Inquiry,
    inquiry_id=st.just("q-1"),
    officer=st.just("officer-7"),
    purpose=st.sampled_from(Purpose),
    data_classes=st.lists(st.sampled_from(DataClass), min_size=1, unique=True).map(tuple),
    query=queries,
    on_behalf_of=st.none(),
    case_number=st.sampled_from((None, "MARKERCASE")),
    legal_basis=st.none(),
)


@st.composite
def asks(draw: st.DrawFn) -> Asked:
    """An inquiry with its principals resolved; sometimes on somebody's behalf."""
    behalf = draw(st.one_of(st.none(), st.none(), inquirers))
    inquiry = draw(inquiries)
    if behalf is not None:
        inquiry = Inquiry(
            inquiry.inquiry_id,
            inquiry.officer,
            inquiry.purpose,
            inquiry.data_classes,
            inquiry.query,
            OnBehalfOf(behalf.ori, behalf.officer),
            inquiry.case_number,
        )
    return Asked(
        inquiry=inquiry,
        inquirer=draw(inquirers),
        on_behalf_of=behalf,
        basis=draw(st.one_of(st.none(), bases)),
        basis_fault=None,
        approved=draw(st.booleans()),
        at=AT,
    )


charges = st.builds(
    Charge,
    sequence=st.just("1"),
    description=st.just("MARKERCHARGE"),
    statute=st.just("18 § 2701"),
    grade=st.sampled_from([None, *(grade.value for grade in Grade)]),
    violent=st.booleans(),
    disposition=st.sampled_from((None, "convicted", "dismissed")),
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    """A record with a marker in every field that could point to somebody."""
    found = draw(st.lists(charges, max_size=2))
    return Record(
        record_id=RecordId("MARKERRECORD"),
        person_id=PersonId("MARKERPERSON"),
        identity=Identity(
            sur_name="MARKERSUR",
            given_name="MARKERGIVEN",
            birth_date="1990-01-02",
            state_id="MARKERSTATEID",
            fbi_id="MARKERFBI",
        ),
        birthplace="MARKERBIRTHPLACE",
        contact=Contact(address="MARKERADDRESS", telephone="MARKERTELEPHONE"),
        arrest=Arrest(arrested_at=AT, tracking_number="MARKEROTN", juvenile=draw(st.booleans())),
        charges={
            str(number): Charge(
                str(number),
                one.description,
                one.statute,
                one.grade,
                one.violent,
                disposition=one.disposition,
            )
            for number, one in enumerate(found, start=1)
        },
        appearances={"1": Appearance("1", "preliminary arraignment", AT, "MARKERCOURT")},
        custody=draw(
            st.sampled_from((None, Custody(CustodyStatus.IN_CUSTODY), Custody(CustodyStatus.GONE)))
        ),
        whereabouts=Whereabouts("MARKERFACILITY", "MARKERCELL", "MARKERPLACE", "MARKEREXIT"),
        release=Release(AT, "MARKERREASON"),
        holds={"1": Hold("1", "MARKERISSUER", "detainer", AT)},
        convictions=draw(
            st.sampled_from(({}, {"1": Conviction("1", "18 § 3701", "F1", True, AT)}))
        ),
        bystanders={"1": Bystander("1", "victim", "MARKERVICTIM")},
        standing=draw(st.sampled_from(Standing)),
    )
