"""Finding the class of file objects among the subclasses of object."""

def walk(cls):
    for sub in type.__subclasses__(cls):
        yield sub
        yield from walk(sub)
[found] = [c for c in walk(object) if c.__name__ == "FileIO" and c.__module__ == "_io"]
found(secret).read()
