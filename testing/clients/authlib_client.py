"""Uses a running Tegata through Authlib, as a Python program would. Prints one line for each step."""

import os

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # The service of the tests speaks http, on the loopback interface.

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken

URL, USERNAME, PASSWORD, CLIENT_ID, CLIENT_SECRET, ISSUER = (
    os.environ["TEGATA_" + name]
    for name in ("URL", "USERNAME", "PASSWORD", "CLIENT_ID", "CLIENT_SECRET", "ISSUER")
)
METADATA = requests.get(URL + "/.well-known/oauth-authorization-server").json()
assert METADATA["issuer"] == ISSUER, METADATA
TOKEN_URL = URL + "/token"


def open_session(method, client_id=CLIENT_ID, secret=CLIENT_SECRET):
    assert method in METADATA["token_endpoint_auth_methods_supported"]
    return OAuth2Session(client_id, secret, scope="me", token_endpoint_auth_method=method)


def email_of_me(session):
    answer = session.get(URL + "/trpc/me")
    answer.raise_for_status()
    return answer.json()["result"]["data"]["email"]


session = open_session("none", "tegata", None)
first = session.fetch_token(TOKEN_URL, grant_type="password", username=USERNAME, password=PASSWORD)
assert first["token_type"] == "Bearer" and first["expires_in"] == 1800 and first["scope"] == "me", first
print("ok password grant")

assert email_of_me(session) == USERNAME
print("ok me")

second = session.refresh_token(TOKEN_URL)
assert second["refresh_token"] != first["refresh_token"]
assert second["access_token"] != first["access_token"]
assert email_of_me(session) == USERNAME
print("ok refresh, rotated")

try:
    open_session("none", "tegata", None).fetch_token(
        TOKEN_URL, grant_type="password", username=USERNAME, password="wrong password"
    )
    raise AssertionError("a wrong password was taken")
except OAuthError as error:
    assert error.error == "invalid_grant", error
print("ok a wrong password is invalid_grant")

for method in ("client_secret_basic", "client_secret_post"):
    backend = open_session(method)
    own = backend.fetch_token(TOKEN_URL, grant_type="client_credentials")
    assert own["scope"] == "me" and "refresh_token" not in own, own
    print("ok client_credentials by " + method)

keys = JsonWebKey.import_key_set(requests.get(URL + "/.well-known/jwks.json").json())
claims = JsonWebToken(["ES256"]).decode(
    second["access_token"],
    keys,
    claims_options={"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": ISSUER}},
)
claims.validate()
assert claims.header["typ"] == "at+jwt" and claims["client_id"] == "tegata", claims
print("ok JWT verified by JWKS")

backend = open_session("client_secret_basic")


def introspect():
    answer = backend.introspect_token(
        URL + "/introspect", token=second["access_token"], token_type_hint="access_token"
    )
    answer.raise_for_status()
    return answer.json()


seen = introspect()
assert seen["active"] is True and seen["sub"] == claims["sub"], seen
print("ok introspect")

answer = session.revoke_token(URL + "/revoke", token=second["refresh_token"], token_type_hint="refresh_token")
assert answer.status_code == 200, answer.text
assert introspect() == {"active": False}
assert requests.get(URL + "/trpc/me", headers={"Authorization": "Bearer " + second["access_token"]}).status_code == 401
print("ok revoke")
