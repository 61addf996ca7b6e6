"""Speaks HTTP/1.1 from both sides, without a socket."""
# packages: h11==0.16.0

import h11

client, server = h11.Connection(h11.CLIENT), h11.Connection(h11.SERVER)
request = h11.Request(method="POST", target="/x", headers=[("Host", "a"), ("Content-Length", "5")])
server.receive_data(client.send(request) + client.send(h11.Data(data=b"hello")) + client.send(h11.EndOfMessage()))
assert [type(server.next_event()).__name__ for _ in range(3)] == ["Request", "Data", "EndOfMessage"]
client.receive_data(server.send(h11.Response(status_code=204, headers=[])) + server.send(h11.EndOfMessage()))
assert client.next_event().status_code == 204
