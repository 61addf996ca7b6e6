"""http.server behind TLS, and the standard library's clients."""

import http.client
import http.server
import queue
import ssl
import threading
import urllib.error
import urllib.request


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(body[::-1])

    def do_GET(self):
        self.answer(self.path.encode())

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if self.path == "/end":
            self.server.ends = True

    def log_message(self, *_args):
        pass


class Server(http.server.HTTPServer):
    ends = False

    def handle_error(self, _request, _address):
        """Clients that do not trust the certificate hang up."""


def serve(ports):
    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain("tests/ssl/server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    ports.put(server.server_port)
    while not server.ends:
        server.handle_request()
    server.server_close()


ports = queue.Queue()
thread = threading.Thread(target=serve, args=(ports,))
thread.start()
port = ports.get()
trusting = ssl.create_default_context(cafile="tests/ssl/authority.pem")

with urllib.request.urlopen(f"https://localhost:{port}/path", context=trusting) as response:
    assert response.status == 200 and response.read() == b"/path"

try:
    urllib.request.urlopen(f"https://localhost:{port}/")
except urllib.error.URLError as error:
    assert isinstance(error.reason, ssl.SSLCertVerificationError), error
else:
    raise AssertionError("an unknown authority was trusted")

# One connection, several requests.
connection = http.client.HTTPSConnection("localhost", port, context=trusting)
for number in range(5):
    body = f"request {number} ".encode() * 1000
    connection.request("POST", "/", body)
    assert connection.getresponse().read() == body[::-1]
connection.request("GET", "/end")
assert connection.getresponse().read() == b"/end"
connection.close()
thread.join()
