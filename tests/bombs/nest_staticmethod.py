# ends: error RecursionError | limit | lost
function = len
for _ in range(50_000):
    function = staticmethod(function)
function("")
