"""Sends a request over a connection pool."""
# packages: httpcore==1.0.9 certifi==2026.10.18 h11==0.16.0

import json

import httpcore
from serving import serving

with serving() as http, httpcore.ConnectionPool() as pool:
    for n in range(3):
        response = pool.request("GET", f"{http}/echo?n={n}")
        assert response.status == 200 and json.loads(response.content)["query"] == {"n": [str(n)]}
    assert len(pool.connections) == 1
