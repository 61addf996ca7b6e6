"""Looking for classes that an earlier interpreter of the thread left."""
# only: interpreter

def walk(cls, seen):
    for sub in type.__subclasses__(cls):
        if sub not in seen:
            seen.add(sub)
            walk(sub, seen)
    return seen
if not [c for c in walk(object, set()) if "LeftBehind" in c.__name__]:
    raise PermissionError("nothing left")
