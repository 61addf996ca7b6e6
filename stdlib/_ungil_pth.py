"""Lines of code in `.pth` files."""


def run(sitedir, file, line):
    """Runs one. It may look for the folder that it is in under the name that `site` has for it."""
    try:
        exec(line)
    except Exception as error:
        error.add_note(f"in {sitedir}/{file}: {line}")
        raise
