"""Every page that somebody can reach by following links, one address for each face."""

from __future__ import annotations

import re
from collections import deque
from urllib.parse import urljoin, urlsplit

import httpx

from comity.web.pages.every import every_face
from comity.web.pages.front import face_at, of_gateway
from tests.browser.city import City

PAGES_MAX = 400
_HREF = re.compile(r'href="([^"]+)"')


def pages_of(city: City, role: str) -> dict[str, str]:
    """The path of each face that the role reaches, and one address of it."""
    faces = every_face()
    found: dict[str, str] = {}
    seen = {"/"}
    waiting = deque(
        [
            "/",
            "/agreements/philadelphia-pars-ice@2/changes",
            *(face.path for face in faces if face.menu and "{" not in face.path),
        ]
    )
    with httpx.Client(
        base_url=city.url, cookies=city.cookies[role], follow_redirects=False, timeout=30
    ) as client:
        while waiting and len(seen) < PAGES_MAX:
            path = waiting.popleft()
            at = face_at(faces, urlsplit(path).path)
            if at is None or at[0].path in found or of_gateway(path):
                continue
            reply = client.get(path)
            if reply.status_code != 200 or "text/html" not in reply.headers["content-type"]:
                assert reply.status_code in (200, 303, 403, 404), (path, reply.status_code)
                continue
            found[at[0].path] = path
            for href in _HREF.findall(reply.text):
                target = urlsplit(urljoin(path, href.replace("&amp;", "&")))
                one = target.path + (f"?{target.query}" if target.query else "")
                local = not target.netloc and not re.search(
                    r"\.(json|csv|css|js|atom)$", target.path
                )
                if local and one not in seen and "lang=" not in one and "sign-out" not in one:
                    seen.add(one)
                    waiting.append(one)
    return found
