"""Keeps connections in a pool, retries what fails, and refuses an unknown authority."""
# packages: urllib3==2.8.0

import urllib3
from serving import serving

with serving() as http, serving(tls=True) as https:
    pool = urllib3.PoolManager(retries=urllib3.Retry(3, backoff_factor=0, status_forcelist=[503]))
    assert [pool.request("GET", f"{http}/echo?n={n}").json()["query"]["n"] for n in range(5)] == [[str(n)] for n in range(5)]
    assert pool.request("GET", f"{http}/flaky").status == 200
    trusting = urllib3.PoolManager(ca_certs="tests/ssl/authority.pem")
    assert trusting.request("POST", f"{https}/echo", fields={"a": "b"}).json()["path"] == "/echo"
    try:
        urllib3.PoolManager(retries=False).request("GET", f"{https}/echo")
    except urllib3.exceptions.SSLError:
        pass
    else:
        raise AssertionError("an unknown authority was trusted")
