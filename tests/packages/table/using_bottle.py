"""Answers WSGI requests from routes and templates."""
# packages: bottle==0.13.4

import io
import sys

from bottle import Bottle, request, template

app = Bottle()


@app.get("/hello/<name:re:[a-z]+>")
def hello(name):
    return template("% for n in range(times):\n{{name}}{{n}} \n% end", name=name, times=int(request.query.times))


def get(path, query=""):
    status = []
    environ = {"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(),
               "wsgi.errors": sys.stderr, "SERVER_NAME": "x", "SERVER_PORT": "80", "wsgi.url_scheme": "http"}
    body = b"".join(app(environ, lambda line, *_more: status.append(line)))
    return status[0], body.decode()


assert get("/hello/tea", "times=2") == ("200 OK", "tea0 \ntea1 \n"), get("/hello/tea", "times=2")
assert get("/hello/9")[0].startswith("404")
