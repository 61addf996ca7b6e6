# ends: error RecursionError | error JSONDecodeError
import json

json.loads('[' * 100_000)
