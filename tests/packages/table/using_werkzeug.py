"""Routes requests to a WSGI application and parses a form with a file."""
# packages: Werkzeug==3.1.9 MarkupSafe==3.0.4

import io

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

routes = Map([Rule("/item/<int:number>", endpoint="item"), Rule("/upload", endpoint="upload", methods=["POST"])])


@Request.application
def application(request):
    try:
        endpoint, arguments = routes.bind_to_environ(request.environ).match()
    except HTTPException as error:
        return error
    if endpoint == "upload":
        return Response(request.files["file"].read()[::-1])
    return Response(f"item {arguments['number']}")


client = Client(application)
assert client.get("/item/7").text == "item 7" and client.get("/item/x").status_code == 404
assert client.post("/upload", data={"file": (io.BytesIO(b"abc"), "x.txt")}).data == b"cba"
hashed = generate_password_hash("open", method="pbkdf2:sha256:1000")
assert check_password_hash(hashed, "open") and not check_password_hash(hashed, "closed")
