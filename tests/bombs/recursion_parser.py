# ends: error SyntaxError | error RecursionError | error MemoryError
eval('(' * 5000 + '1' + ')' * 5000)
