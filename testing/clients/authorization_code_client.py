"""Logs in at a running Tegata with an authorization code, as a Python program would. Prints one line for each step."""

import os

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # The service of the tests speaks http, on the loopback interface.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from oauthlib.oauth2 import InvalidClientError, InvalidScopeError
from requests_oauthlib import OAuth2Session as OauthlibSession

ISSUER, COOKIE, USERNAME, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI = (
    os.environ["TEGATA_" + name]
    for name in ("ISSUER", "COOKIE", "USERNAME", "CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI")
)
METADATA = requests.get(ISSUER + "/.well-known/oauth-authorization-server").json()
AUTHORIZE_URL, TOKEN_URL = METADATA["authorization_endpoint"], METADATA["token_endpoint"]
assert METADATA["issuer"] == ISSUER and METADATA["code_challenge_methods_supported"] == ["S256"], METADATA


def browse(url):
    """What the browser of somebody who is logged in brings back."""
    answer = requests.get(url, headers={"Cookie": COOKIE}, allow_redirects=False)
    assert answer.status_code == 303, answer.status_code
    return answer.headers["Location"]


def check_me(session):
    answer = session.get(ISSUER + "/trpc/me")
    answer.raise_for_status()
    assert answer.json()["result"]["data"]["email"] == USERNAME


verifier = "a-verifier-of-the-tests-that-is-long-enough"
session = AuthlibSession(
    CLIENT_ID, CLIENT_SECRET, scope="me", redirect_uri=REDIRECT_URI, code_challenge_method="S256"
)
url, state = session.create_authorization_url(AUTHORIZE_URL, code_verifier=verifier)
response = browse(url)
tokens = session.fetch_token(TOKEN_URL, authorization_response=response, state=state, code_verifier=verifier)
assert tokens["scope"] == "me" and tokens["refresh_token"], tokens
check_me(session)
print("ok authlib, code with PKCE")

session.refresh_token(TOKEN_URL)
check_me(session)
print("ok authlib, refresh")

try:
    session.fetch_token(TOKEN_URL, authorization_response=response, state=state, code_verifier=verifier)
    raise AssertionError("a code was taken twice")
except OAuthError as error:
    assert error.error == "invalid_grant", error
print("ok authlib, a code works once")

# This client has no PKCE of its own yet: programs add the parameters.
CHALLENGE = {"code_challenge": create_s256_code_challenge(verifier), "code_challenge_method": "S256"}
for challenge, more in ({}, {}), (CHALLENGE, {"code_verifier": verifier}):
    session = OauthlibSession(CLIENT_ID, scope=["me"], redirect_uri=REDIRECT_URI)
    url, _ = session.authorization_url(AUTHORIZE_URL, **challenge)
    response = browse(url)
    tokens = session.fetch_token(
        TOKEN_URL, authorization_response=response, client_secret=CLIENT_SECRET, **more
    )
    assert tokens.scope == "me", tokens
    check_me(session)
    print("ok requests-oauthlib, code" + (" with PKCE" if more else ""))

try:
    session.fetch_token(TOKEN_URL, authorization_response=response, client_secret="wrong")
    raise AssertionError("a wrong secret was taken")
except InvalidClientError:
    pass
print("ok requests-oauthlib, a wrong secret is refused")

session = OauthlibSession(CLIENT_ID, scope=["orders:read"], redirect_uri=REDIRECT_URI)
url, _ = session.authorization_url(AUTHORIZE_URL)
try:
    session.fetch_token(TOKEN_URL, authorization_response=browse(url), client_secret=CLIENT_SECRET)
    raise AssertionError("a scope was granted that the client may not have")
except InvalidScopeError:
    pass
print("ok requests-oauthlib reads the error of a redirect")
