"""What never became an inquiry, told as `application/problem+json` (RFC 9457).

Each kind of problem has one stable path, `/problems/<slug>`, where it is
explained; an occurrence adds `detail` and, under `try`, what to do next. A decided
inquiry is never a problem, whatever its outcome: it is a 200 with an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from comity.errors import ComityError
from comity.web.signature import Rejection, SignatureRejected

MEDIA_TYPE: Final = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One occurrence. `remedy` is written as `try`; `entry` is an index in the ledger."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str | None = msgspec.field(name="try", default=None)
    where: str | None = None
    allowed: tuple[str, ...] = ()
    entry: int | None = None


class ProblemKind(msgspec.Struct, frozen=True):
    """A kind of problem: its slug, HTTP status, title, and what it means in full."""

    slug: str
    status: HTTPStatus
    title: str
    says: str


class ProblemRaised(ComityError):
    """Ends a request with a problem. `headers` go with the response."""

    def __init__(
        self,
        slug: str,
        detail: str,
        *,
        remedy: str | None = None,
        where: str | None = None,
        allowed: tuple[str, ...] = (),
        entry: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail, where=where, remedy=remedy)
        self.kind = KINDS[slug]
        self.headers = dict(headers or {})
        self.problem = Problem(
            f"/problems/{slug}",
            self.kind.title,
            int(self.kind.status),
            detail,
            remedy,
            where,
            allowed,
            entry,
        )


def body_of(problem: Problem) -> bytes:
    """The problem as JSON."""
    return msgspec.json.encode(problem)


def rejected(fault: SignatureRejected) -> ProblemRaised:
    """A signature's rejection as a problem."""
    return ProblemRaised(
        fault.rejection.value,
        fault.what,
        remedy=fault.remedy,
        headers=_CHALLENGE if fault.rejection is not Rejection.MISDIRECTED else {},
    )


# RFC 9110 §11.6.1: a 401 says how to authenticate.
_CHALLENGE: Final = {"WWW-Authenticate": 'Signature realm="comity", label="comity"'}

_TABLE: Final[tuple[tuple[str, HTTPStatus, str, str], ...]] = (
    (
        Rejection.UNSIGNED.value,
        HTTPStatus.UNAUTHORIZED,
        "The request is not signed",
        (
            "Every request but those for the law in force, the state of the server and these"
            " pages is signed by the agency's key (RFC 9421). docs/gateway.md shows how."
        ),
    ),
    (
        Rejection.MALFORMED.value,
        HTTPStatus.UNAUTHORIZED,
        "The signature cannot be read",
        "Signature-Input, Signature or Content-Digest is not of the one form this gateway takes.",
    ),
    (
        Rejection.UNKNOWN_KEY.value,
        HTTPStatus.UNAUTHORIZED,
        "The key is not registered",
        "No agency has registered the key, or it is revoked, ended or not yet valid.",
    ),
    (
        Rejection.EXPIRED.value,
        HTTPStatus.UNAUTHORIZED,
        "The signature has expired",
        "`created` or `expires` lies too far behind the gateway's clock.",
    ),
    (
        Rejection.NOT_YET_VALID.value,
        HTTPStatus.UNAUTHORIZED,
        "The signature is not valid yet",
        "`created` lies ahead of the gateway's clock by more than it bears.",
    ),
    (
        Rejection.WRONG_DIGEST.value,
        HTTPStatus.UNAUTHORIZED,
        "The body is not the one that was signed",
        "Content-Digest (RFC 9530) is missing or names other bytes than the body's.",
    ),
    (
        Rejection.BAD_SIGNATURE.value,
        HTTPStatus.UNAUTHORIZED,
        "The signature is wrong",
        "The signature does not verify under the key it names, over this request.",
    ),
    (
        Rejection.REPLAYED.value,
        HTTPStatus.UNAUTHORIZED,
        "The nonce was used before",
        "A signature counts once. Sign the request again with a new nonce.",
    ),
    (
        Rejection.MISDIRECTED.value,
        HTTPStatus.MISDIRECTED_REQUEST,
        "The request is for another gateway",
        (
            "The Host field names a host that is not this gateway, so that a request signed for"
            " another city cannot be handed in here."
        ),
    ),
    (
        "malformed-inquiry",
        HTTPStatus.BAD_REQUEST,
        "The body cannot be read",
        (
            "The body is not the JSON of the schema in /openapi.json: a field is unknown, missing"
            " or of the wrong kind."
        ),
    ),
    (
        "unknown-word",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "A word is not on its closed list",
        "Purposes, data classes and kinds of query come from closed lists; `allowed` names them.",
    ),
    (
        "unusable-inquiry",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The inquiry cannot be decided as it stands",
        (
            "A value is of the right kind but makes no inquiry: an empty query, a day that does not"
            " exist, a page below 1."
        ),
    ),
    (
        "body-too-large",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The body is too large",
        "The body is larger than this gateway takes in one request.",
    ),
    (
        "header-too-large",
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The header is too large",
        "There are more or longer header fields than a signed request needs.",
    ),
    (
        "too-many-requests",
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many requests",
        (
            "This key has sent more requests in a minute than are agreed. Retry-After says when to"
            " go on."
        ),
    ),
    (
        "inquiry-already-answered",
        HTTPStatus.CONFLICT,
        "This inquiry id was used before",
        (
            "An inquiry id names one inquiry of an agency for ever. A repeat of the same body is"
            " answered again only for some minutes and only while the answer would be the same,"
            " byte for byte; else ask under a new id."
        ),
    ),
    (
        "message-already-received",
        HTTPStatus.CONFLICT,
        "This message id was used before",
        (
            "A message id names one message of an agency for ever. A repeat of the same body is"
            " answered again for some minutes; what is decided is read back under its id."
        ),
    ),
    (
        "unreadable-paper",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The document cannot be read",
        (
            "It is not base64, not whole, too large, or no PDF, PNG, JPEG or TIFF. Nothing of the"
            " message was kept."
        ),
    ),
    (
        "not-permitted",
        HTTPStatus.FORBIDDEN,
        "This key may not do that",
        (
            "A record system's key hands in events of its source and asks nothing; an agency's key"
            " asks and hands in nothing."
        ),
    ),
    (
        "not-found",
        HTTPStatus.NOT_FOUND,
        "There is nothing of that name here",
        "No such page, or no such inquiry or subscription of this agency.",
    ),
    (
        "method-not-allowed",
        HTTPStatus.METHOD_NOT_ALLOWED,
        "Not with this method",
        "The page is there, but not for this HTTP method; Allow names those it takes.",
    ),
    (
        "not-subscribed",
        HTTPStatus.CONFLICT,
        "The subscription has ended",
        "It was cancelled, or the law in force ended it.",
    ),
    (
        "ledger-unwritable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The ledger cannot be written, so nothing was disclosed",
        (
            "Nothing leaves before its entry is durable. The inquiry was not answered; send it again"
            " later, under the same id."
        ),
    ),
    (
        "receipt-not-ready",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The receipt is not ready yet",
        (
            "The entry is durable; its receipt follows with the next checkpoint, a second later or"
            " so. Ask again."
        ),
    ),
    (
        "store-unreadable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The store cannot be read",
        "Records, law or registry cannot be read now. Nothing was disclosed; send it again later.",
    ),
    (
        "law-moving",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The law or the registry changed while this was decided",
        (
            "It changed more often than the gateway decides again. Nothing was disclosed; send the"
            " inquiry again."
        ),
    ),
    (
        "shutting-down",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The gateway is shutting down",
        "Nothing was disclosed; send the request again in a moment.",
    ),
    (
        "fault",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "A fault in the gateway",
        "The request failed for a reason that is not the sender's. Nothing was disclosed.",
    ),
)

KINDS: Final[Mapping[str, ProblemKind]] = {row[0]: ProblemKind(*row) for row in _TABLE}


def page_of(slug: str) -> ProblemKind:
    """The page that explains a kind of problem. Raises ProblemRaised (not found)."""
    if slug not in KINDS:
        raise ProblemRaised("not-found", f"there is no problem `{slug}`", allowed=tuple(KINDS))
    return KINDS[slug]
