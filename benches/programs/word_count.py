"""Strings and a dict: how often each word occurs."""

TEXT = """It was the middle of the night, and the lamps along the quay were out. A boat
came in without a sound; the man in it tied it up, looked about him, and climbed the
steps. "Is it you?" asked a voice. It was him. They walked along the quay, and the lamps
were out, and the boat was gone when they came back in the morning to look for it.
"""


def run():
    counts = {}
    for _ in range(120):
        for line in TEXT.splitlines():
            for word in line.lower().split():
                word = word.strip('.,;?"')
                if not word:
                    continue
                counts[word] = counts.get(word, 0) + 1
                ending = word[-2:] + "~"
                if ending in counts:
                    counts[ending] += 1
                else:
                    counts[ending] = 1
    ranking = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ranking[:3]
