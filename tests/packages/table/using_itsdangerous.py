"""Signs data, and refuses what was changed or is too old."""
# packages: itsdangerous==2.2.0

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

serializer = URLSafeTimedSerializer("key")
token = serializer.dumps({"id": 7})
assert serializer.loads(token, max_age=60) == {"id": 7}
for wrong, kind, age in [(("a" if token[0] != "a" else "b") + token[1:], BadSignature, 60), (token, SignatureExpired, -1)]:
    try:
        serializer.loads(wrong, max_age=age)
    except kind:
        pass
    else:
        raise AssertionError(wrong)
