"""Uses a running Tegata through requests-oauthlib, as a Python program would. Prints one line for each step."""

import os

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # The service of the tests speaks http, on the loopback interface.

import requests
from oauthlib.oauth2 import BackendApplicationClient, InvalidGrantError, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

URL, USERNAME, PASSWORD, CLIENT_ID, CLIENT_SECRET = (
    os.environ["TEGATA_" + name] for name in ("URL", "USERNAME", "PASSWORD", "CLIENT_ID", "CLIENT_SECRET")
)
TOKEN_URL = URL + "/token"


def email_of_me(session):
    answer = session.get(URL + "/trpc/me")
    answer.raise_for_status()
    return answer.json()["result"]["data"]["email"]


SCOPES = os.environ["TEGATA_SCOPE"].split()
session = OAuth2Session(client=LegacyApplicationClient(client_id="tegata"), scope=SCOPES)
first = session.fetch_token(TOKEN_URL, username=USERNAME, password=PASSWORD, include_client_id=True)
assert first["token_type"] == "Bearer" and first["expires_in"] == 1800 and set(first.scope.split()) == set(SCOPES), first
print("ok password grant")

assert email_of_me(session) == USERNAME
print("ok me")

second = session.refresh_token(TOKEN_URL, client_id="tegata")
assert second["refresh_token"] != first["refresh_token"]
assert second["access_token"] != first["access_token"]
assert email_of_me(session) == USERNAME
print("ok refresh, rotated")

try:
    OAuth2Session(client=LegacyApplicationClient(client_id="tegata")).fetch_token(
        TOKEN_URL, username=USERNAME, password="wrong password"
    )
    raise AssertionError("a wrong password was taken")
except InvalidGrantError:
    print("ok a wrong password is InvalidGrantError")

backend = OAuth2Session(client=BackendApplicationClient(client_id=CLIENT_ID), scope=["me"])
own = backend.fetch_token(TOKEN_URL, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
assert own.scope == "me" and "refresh_token" not in own, own
print("ok client_credentials by Basic")

url, headers, body = session._client.prepare_token_revocation_request(
    URL + "/revoke", second["refresh_token"], "refresh_token", client_id="tegata"
)
assert requests.post(url, headers=headers, data=body).status_code == 200
assert session.get(URL + "/trpc/me").status_code == 401
try:
    session.refresh_token(TOKEN_URL, client_id="tegata")
    raise AssertionError("a revoked refresh token was taken")
except InvalidGrantError:
    print("ok revoke")
