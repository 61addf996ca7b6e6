"""Computes with fifty digits."""
# packages: mpmath==1.4.1

from mpmath import mp

mp.dps = 50
assert str(mp.pi).startswith("3.14159265358979323846264338327950288419716939937")
assert abs(mp.quad(lambda x: mp.exp(-(x**2)), [-mp.inf, mp.inf]) - mp.sqrt(mp.pi)) < mp.mpf(10) ** -40
assert abs(mp.findroot(mp.cos, 1.5) - mp.pi / 2) < mp.mpf(10) ** -45
