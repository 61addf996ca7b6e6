"""Renders templates that inherit, loop, filter and escape."""
# packages: Jinja2==3.1.6 MarkupSafe==3.0.4

from jinja2 import DictLoader, Environment, StrictUndefined, TemplateSyntaxError, UndefinedError

environment = Environment(
    loader=DictLoader({
        "base": "<h1>{% block title %}{% endblock %}</h1>{% block body %}{% endblock %}",
        "page": "{% extends 'base' %}{% block title %}{{ title }}{% endblock %}{% block body %}"
        "{% for x in xs if x > 1 %}{{ loop.index }}:{{ x|double }} {% else %}none{% endfor %}{% endblock %}",
    }),
    autoescape=True,
    undefined=StrictUndefined,
)
environment.filters["double"] = lambda x: x * 2
assert environment.get_template("page").render(title="a<b", xs=[1, 2, 3]) == "<h1>a&lt;b</h1>1:4 2:6 "
for source, kind in [("{{ nothing }}", UndefinedError), ("{% for %}", TemplateSyntaxError)]:
    try:
        environment.from_string(source).render()
    except kind:
        pass
    else:
        raise AssertionError(source)
