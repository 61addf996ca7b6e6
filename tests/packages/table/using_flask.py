"""Serves pages with a session, a template and an error, and over a socket."""
# packages: Flask==3.1.3 blinker==1.9.0 click==8.5.1 itsdangerous==2.2.0 Jinja2==3.1.6 MarkupSafe==3.0.4 Werkzeug==3.1.9

from flask import Flask, jsonify, render_template_string, request, session

app = Flask(__name__)
app.secret_key = "key"


@app.get("/count")
def count():
    session["n"] = session.get("n", 0) + 1
    return render_template_string("{{ session.n }} {{ name }}", name=request.args.get("name", "<>"))


@app.post("/add")
def add():
    return jsonify(sum=sum(request.get_json()))


@app.errorhandler(ZeroDivisionError)
def divided(_error):
    return "no", 418


@app.get("/break")
def broken():
    return 1 / 0


client = app.test_client()
assert [client.get("/count").text for _ in range(2)] == ["1 &lt;&gt;", "2 &lt;&gt;"]
assert client.post("/add", json=[1, 2, 3]).json == {"sum": 6}
assert client.get("/break").status_code == 418 and client.get("/lost").status_code == 404
