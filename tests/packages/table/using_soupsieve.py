"""Compiles selectors and matches them."""
# packages: soupsieve==4.1.2 beautifulsoup4==4.15.0 typing_extensions==4.16.0

import soupsieve
from bs4 import BeautifulSoup

soup = BeautifulSoup("<div><a href='/x'>1</a><a>2</a><p lang=en>3</p></div>", "html.parser")
assert [found.string for found in soupsieve.select("a:not([href]), p:lang(en)", soup)] == ["2", "3"]
assert soupsieve.compile("div > :nth-child(2)").match(soup.find_all("a")[1])
