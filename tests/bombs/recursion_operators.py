# ends: ok | error MemoryError
import ast

# The parser's stack would be gigabytes.
for operator in ("-", "not ", "lambda:", "lambda a, b: ", "2 ** ", "1 if 1 else "):
    try:
        ast.parse(operator * 500_000 + "1")
    except RecursionError:
        pass
    else:
        raise AssertionError(operator)
