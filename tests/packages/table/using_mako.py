"""Renders templates with Python in them."""
# packages: Mako==1.4.3 MarkupSafe==3.0.4

from mako.template import Template

template = Template("<%def name='row(x)'><td>${x | h}</td></%def>\\\n% for x in xs:\n${row(x)}\n% endfor\n<% n = len(xs) %>${n}")
assert template.render(xs=["a<", "b"]).split() == ["<td>a&lt;</td>", "<td>b</td>", "2"]
