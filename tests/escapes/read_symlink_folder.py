"""Leaving the granted folder through a link to a folder."""

open(granted + "/folder/secret").read()
