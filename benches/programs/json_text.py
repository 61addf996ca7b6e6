"""A JSON writer and reader by hand: characters, slices, dicts and lists."""


def write(value):
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, list):
        return "[" + ",".join([write(item) for item in value]) + "]"
    return "{" + ",".join(f"{write(key)}:{write(item)}" for key, item in value.items()) + "}"


class Reader:
    def __init__(self, text):
        self.text = text
        self.at = 0

    def skip(self):
        text, at = self.text, self.at
        while at < len(text) and text[at] in " \t\n":
            at += 1
        self.at = at

    def expect(self, character):
        self.skip()
        if self.text[self.at] != character:
            raise ValueError(f"{character} expected at {self.at}")
        self.at += 1

    def value(self):
        self.skip()
        character = self.text[self.at]
        if character == "{":
            return self.object()
        if character == "[":
            return self.array()
        if character == '"':
            return self.string()
        return self.plain()

    def object(self):
        self.expect("{")
        result = {}
        while self.text[self.at] != "}":
            if result:
                self.expect(",")
            key = self.string()
            self.expect(":")
            result[key] = self.value()
        self.at += 1
        return result

    def array(self):
        self.expect("[")
        result = []
        while self.text[self.at] != "]":
            if result:
                self.expect(",")
            result.append(self.value())
        self.at += 1
        return result

    def string(self):
        self.expect('"')
        text, at = self.text, self.at
        characters = []
        while (character := text[at]) != '"':
            if character == "\\":
                at += 1
                character = text[at]
            characters.append(character)
            at += 1
        self.at = at + 1
        return "".join(characters)

    def plain(self):
        text, start = self.text, self.at
        end = start
        while end < len(text) and text[end] not in ",]} ":
            end += 1
        self.at = end
        word = text[start:end]
        match word:
            case "null":
                return None
            case "true":
                return True
            case "false":
                return False
        return float(word) if "." in word else int(word)


DOCUMENT = {
    "users": [
        {"id": nth, "name": f'user "{nth}"', "tags": ["a", "bb", None, True], "score": nth / 7} for nth in range(40)
    ]
}


def run():
    text = ""
    for _ in range(4):
        text = write(DOCUMENT)
        assert Reader(text).value() == DOCUMENT
    return len(text)
