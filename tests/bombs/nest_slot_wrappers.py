# ends: error RecursionError | limit | lost
function = len
for _ in range(100_000):
    function = function.__call__
function("")
