"""Spells text in ASCII."""
# packages: text-unidecode==1.3

from text_unidecode import unidecode

assert unidecode("Zażółć gęślą jaźń — Москва 北京") == "Zazolc gesla jazn -- Moskva Bei Jing "
