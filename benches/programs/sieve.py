"""Lists indexed in loops: primes, and the ways to pay an amount."""


def primes(limit):
    prime = [True] * (limit + 1)
    prime[0] = prime[1] = False
    n = 2
    while n * n <= limit:
        if prime[n]:
            for multiple in range(n * n, limit + 1, n):
                prime[multiple] = False
        n += 1
    return [n for n, is_prime in enumerate(prime) if is_prime]


def ways(amount, coins):
    table = [0] * (amount + 1)
    table[0] = 1
    for coin in coins:
        for n in range(coin, amount + 1):
            table[n] += table[n - coin]
    return table[amount]


def run():
    return len(primes(60_000)), ways(6_000, (1, 2, 5, 10, 20, 50))
