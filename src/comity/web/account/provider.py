"""Signing in at an identity provider: there with a code challenge, back with a code.

Sources: OpenID Connect Core 1.0 §3.1; OpenID Connect Discovery 1.0 §4; RFC 7636; RFC 9700 (OAuth
security). Invariants: state, nonce and verifier belong to the visitor's own cookie and count once,
for five minutes; the endpoints come from the issuer's own document, whose issuer is the configured
one, over HTTPS (or on this machine); a subject that no account has is nobody here: accounts are made
by an administrator, never by signing in. Does not: keep a token, or read more of it than the subject.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec

from comity.access.provider import (
    SECRET_BYTES,
    Errand,
    Provider,
    ProviderRefused,
    challenge_of,
    errand,
    same,
    subject_of,
)
from comity.access.session import Method
from comity.store.sqlite.accounts import account_of_subject
from comity.store.sqlite.sessions import ask, asked, sign_in_otherwise
from comity.web.account.entering import demand_patience, demand_safe_way, enter, onward
from comity.web.pages.error_pages import PageProblem
from comity.web.pages.page import Away, Redirect, Shown, local_path
from comity.web.pages.visit import House, Visit

BACK: Final = "/sign-in/provider/back"
KIND: Final = "provider"
TIMEOUT_SECONDS: Final = 10.0
DOCUMENT_BYTES_MAX: Final = 256 * 1024


class _Endpoints(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


def provider_of(house: House) -> Provider | None:
    """The identity provider of an installation that has one and an address to come back to."""
    return house.provider if house.public_url else None


def to_provider(visit: Visit) -> Shown:
    """The page `/sign-in/provider`: sends the visitor there."""
    provider = _provider(visit)
    demand_safe_way(visit)
    demand_patience(visit)
    where = _endpoints(provider)
    draw = visit.desk.randomness
    sent = errand(
        draw(SECRET_BYTES),
        draw(SECRET_BYTES),
        draw(SECRET_BYTES),
        local_path(visit.query.get("next"), "/account"),
    )
    bearer, body = visit.bearer, msgspec.json.encode(sent)
    visit.write(lambda connection: ask(connection, bearer, KIND, body, visit.at))
    query = urlencode(
        {
            "response_type": "code",
            "scope": "openid",
            "client_id": provider.client_id,
            "redirect_uri": visit.house.public_url + BACK,
            "state": sent.state,
            "nonce": sent.nonce,
            "code_challenge": challenge_of(sent.verifier),
            "code_challenge_method": "S256",
        }
    )
    glue = "&" if urlsplit(where.authorization_endpoint).query else "?"
    return Away(f"{where.authorization_endpoint}{glue}{query}")


def back_from_provider(visit: Visit) -> Shown:
    """The page `/sign-in/provider/back`: trades the code for the provider's word, and signs in."""
    provider = _provider(visit)
    demand_patience(visit)
    bearer = visit.bearer
    kept = visit.write(lambda connection: asked(connection, bearer, KIND, visit.at))
    if kept is None:
        raise PageProblem(403, "nobody was sent to the provider from this browser just now")
    sent = msgspec.json.decode(kept, type=Errand)
    if not same(visit.query.get("state", ""), sent.state):
        raise PageProblem(403, "the provider's answer is for another visit")
    said = visit.query.get("iss")
    if said is not None and said != provider.issuer:
        raise PageProblem(403, "the answer is of another provider")
    code = visit.query.get("code")
    if code is None:
        return Redirect("/sign-in")
    try:
        subject = _subject(visit, provider, sent, code)
    except ProviderRefused as fault:
        raise PageProblem(403, fault.what) from fault
    account = account_of_subject(visit.reader(), subject)
    outcome, session = enter(
        visit,
        lambda connection, entering, made: sign_in_otherwise(
            connection, account, Method.PROVIDER, entering, made
        ),
    )
    if session is None:
        raise PageProblem(
            403,
            "the provider knows you, but you have no account here",
            remedy="ask an administrator",
        )
    return onward(outcome, sent.onward)


def _subject(visit: Visit, provider: Provider, sent: Errand, code: str) -> str:
    where = _endpoints(provider)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": visit.house.public_url + BACK,
        "code_verifier": sent.verifier,
        "client_id": provider.client_id,
    }
    # RFC 6749 §2.3.1: HTTP Basic for a client that has a secret.
    secret = (provider.client_id, provider.client_secret) if provider.client_secret else None
    told = _json("POST", where.token_endpoint, data=form, auth=secret)
    token = told.get("id_token")
    if not isinstance(token, str):
        raise ProviderRefused("the provider sent no ID token")
    keys = _json("GET", where.jwks_uri)
    return subject_of(token, keys, provider, sent.nonce, visit.at)


def _provider(visit: Visit) -> Provider:
    provider = provider_of(visit.house)
    if provider is None:
        raise PageProblem(404)
    return provider


def _endpoints(provider: Provider) -> _Endpoints:
    """Read anew each time: sign-ins are few, and keys and endpoints move."""
    try:
        told = _json("GET", provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
        where = msgspec.convert(told, _Endpoints)
        if where.issuer != provider.issuer:
            raise ProviderRefused("the provider's document is of another issuer")
        for url in (where.authorization_endpoint, where.token_endpoint, where.jwks_uri):
            _demand_safe(url)
    except (ProviderRefused, msgspec.ValidationError) as fault:
        raise PageProblem(
            503, remedy="tell an administrator: the provider does not answer"
        ) from fault
    return where


def _json(method: str, url: str, **more: Any) -> dict[str, Any]:
    _demand_safe(url)
    try:
        with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
            reply = client.request(method, url, headers={"Accept": "application/json"}, **more)
    except httpx.HTTPError as fault:
        raise ProviderRefused("the provider cannot be reached") from fault
    if reply.status_code != 200 or len(reply.content) > DOCUMENT_BYTES_MAX:
        raise ProviderRefused("the provider refused")
    try:
        return msgspec.json.decode(reply.content, type=dict[str, Any])
    except msgspec.MsgspecError as fault:
        raise ProviderRefused("the provider's answer cannot be read") from fault


def _demand_safe(url: str) -> None:
    parts = urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ProviderRefused("the provider is not reached by HTTPS")
