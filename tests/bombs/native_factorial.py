# ends: lost | limit
import math

math.factorial(3_000_000)
