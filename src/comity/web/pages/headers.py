"""The headers and cookies of every page.

Sources: OWASP ASVS 5.0, 3.3 (cookies) and 3.4 (headers); RFC 6265bis, 4.1.3 (the `__Host-` prefix);
RFC 6797 (HSTS). Invariants: no script and no style runs that is not a file of ours; nobody frames
us; an address travels as referrer to nobody else (`no-referrer` would make browsers send forms
with `Origin: null`); a page of somebody signed in is kept by no cache. By plain
HTTP, which is for one machine alone, cookies carry neither prefix nor `Secure`: browsers would not
keep them.
"""

from __future__ import annotations

from typing import Final

from litestar.datastructures import Cookie

from comity.web.pages.visit import House, Which

POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HSTS_SECONDS: Final = 63_072_000
LANGUAGE_SECONDS: Final = 31_536_000

_SUFFIX: Final[dict[Which, str]] = {"session": "", "language": "-language", "provider": "-provider"}


def security_headers(house: House, *, private: bool) -> dict[str, str]:
    """What every answer of the faces carries."""
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-store" if private else "no-cache",
        "Vary": "Accept-Language, Cookie",
    }
    if house.https:
        headers["Strict-Transport-Security"] = f"max-age={HSTS_SECONDS}; includeSubDomains"
    return headers


def cookie_name(house: House, which: Which) -> str:
    """The name of one of our cookies."""
    prefix = "__Host-" if house.https else ""
    return f"{prefix}comity{_SUFFIX[which]}"


def ours(house: House, which: Which, value: str, seconds: int | None = None) -> Cookie:
    """One of our cookies; `seconds` 0 takes it away, None keeps it until the browser ends."""
    return Cookie(
        key=cookie_name(house, which),
        value=value,
        path="/",
        max_age=seconds,
        secure=house.https,
        httponly=True,
        samesite="lax",
    )


def cookies_of(header: str) -> dict[str, str]:
    """The cookies of a request. Of two of one name, which nobody of ours sends, the first counts."""
    found: dict[str, str] = {}
    for part in header[:8_000].split(";"):
        name, is_, value = part.strip().partition("=")
        if is_ and name:
            found.setdefault(name, value)
    return found
