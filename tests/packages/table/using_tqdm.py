"""Shows progress of loops, one within another."""
# packages: tqdm==4.70.1

import io

from tqdm import tqdm, trange

shown = io.StringIO()
total = 0
for n in tqdm(range(100), file=shown, mininterval=0, desc="numbers"):
    total += n
with tqdm(total=10, file=shown, unit="B") as bar:
    for _ in trange(5, file=shown, leave=False):
        bar.update(2)
assert total == 4950 and "numbers: 100%" in shown.getvalue() and "10/10" in shown.getvalue(), shown.getvalue()
