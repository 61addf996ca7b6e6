"""Fetches JSON with a session, a redirect, an error and a form, over HTTP and HTTPS."""
# packages: requests==2.34.2 certifi==2026.10.18 charset-normalizer==3.5.2 idna==3.20 urllib3==2.8.0

import warnings

import requests
from serving import serving

with serving() as http, serving(tls=True) as https:
    with requests.Session() as session:
        session.headers["X-Token"] = "secret"
        found = session.get(f"{http}/echo", params={"q": "ü & ö"}).json()
        assert found["query"] == {"q": ["ü & ö"]} and found["headers"]["x-token"] == "secret", found
        moved = session.get(f"{http}/moved")
        assert moved.json()["path"] == "/echo" and [step.status_code for step in moved.history] == [302]
        sent = session.post(f"{http}/echo", json={"n": [1, 2]}).json()
        assert sent["body"] == '{"n": [1, 2]}', sent
        lost = session.get(f"{http}/lost")
        assert lost.status_code == 404
        try:
            lost.raise_for_status()
        except requests.HTTPError as error:
            assert "404" in str(error)
        else:
            raise AssertionError("404 is fine")
        secure = session.get(f"{https}/echo", verify="tests/ssl/authority.pem")
        assert secure.json()["path"] == "/echo"
    try:
        requests.get(f"{https}/echo")
    except requests.exceptions.SSLError:
        pass
    else:
        raise AssertionError("an unknown authority was trusted")
