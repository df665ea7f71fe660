"""A small OpenID provider on a socket of this machine, run as a process of its own.

Source: OpenID Connect Core 1.0 §3.1, Discovery 1.0; RFC 7636. Written for these tests with nothing of
`comity` in it, so that both sides cannot be wrong in the same way: it signs with `cryptography`, and
checks client, redirect address, code and code verifier. `POST /misbehave` (a JSON object) changes the
claims or the algorithm of the tokens to come.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import secrets
import sys
import urllib.parse
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT, SECRET = "comity", "the client's secret"
KEY = rsa.generate_private_key(65537, 2048)
CODES: dict[str, dict[str, str]] = {}
WRONG: dict[str, Any] = {}
NOW = int(sys.argv[1])
BACK = sys.argv[2]


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Provider(http.server.BaseHTTPRequestHandler):
    def issuer(self) -> str:
        return f"http://{self.headers['Host']}"

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/.well-known/openid-configuration":
            here = self.issuer()
            self.say(
                {
                    "issuer": WRONG.get("issuer", here),
                    "authorization_endpoint": f"{here}/authorize",
                    "token_endpoint": f"{here}/token",
                    "jwks_uri": f"{here}/keys",
                }
            )
        elif path == "/keys":
            numbers = KEY.public_key().public_numbers()
            key = {
                "kty": "RSA",
                "kid": "1",
                "use": "sig",
                "n": b64(numbers.n.to_bytes(256, "big")),
                "e": b64(numbers.e.to_bytes(3, "big")),
            }
            self.say({"keys": [key]})
        elif path == "/authorize":
            given = dict(urllib.parse.parse_qsl(query))
            if given.get("redirect_uri") != BACK or given.get("client_id") != CLIENT:
                self.say({"error": "invalid_request"}, 400)
                return
            code = secrets.token_urlsafe(16)
            CODES[code] = given
            answer = urllib.parse.urlencode({"code": code, "state": given["state"]})
            self.send_response(303)
            self.send_header("Location", f"{BACK}?{answer}")
            self.end_headers()
        else:
            self.say({}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/misbehave":
            WRONG.clear()
            WRONG.update(json.loads(body))
            self.say({})
            return
        form = dict(urllib.parse.parse_qsl(body.decode()))
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = CODES.pop(form.get("code", ""), None)
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            self.headers["Authorization"] != f"Basic {basic}"
            or asked is None
            or form.get("redirect_uri") != asked["redirect_uri"]
            or asked.get("code_challenge_method") != "S256"
            or asked.get("code_challenge") != challenge
        ):
            self.say({"error": "invalid_grant"}, 400)
            return
        claims = {
            "iss": self.issuer(),
            "aud": CLIENT,
            "sub": "subject-of-ann",
            "nonce": asked["nonce"],
            "iat": NOW,
            "exp": NOW + 300,
        }
        claims.update(WRONG.get("claims", {}))
        self.say({"access_token": "x", "token_type": "Bearer", "id_token": token(claims)})

    def say(self, value: object, status: int = 200) -> None:
        raw = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        pass


def token(claims: dict[str, Any]) -> str:
    how = WRONG.get("alg", "RS256")
    head = b64(json.dumps({"alg": how, "kid": "1", "typ": "JWT"}).encode())
    text = f"{head}.{b64(json.dumps(claims).encode())}"
    if how == "none":
        return f"{text}."
    if how == "HS256":  # under the public key, as a secret: RFC 8725 §2.1
        import hmac

        numbers = KEY.public_key().public_numbers()
        public = numbers.n.to_bytes(256, "big")
        return f"{text}.{b64(hmac.new(public, text.encode(), 'sha256').digest())}"
    key = rsa.generate_private_key(65537, 2048) if WRONG.get("key") else KEY
    return f"{text}.{b64(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


if __name__ == "__main__":
    server = http.server.HTTPServer(("127.0.0.1", 0), Provider)
    print(server.server_address[1], flush=True)
    server.serve_forever()
