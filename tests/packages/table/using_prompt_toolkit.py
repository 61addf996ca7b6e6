"""Edits a line that comes through a pipe, with completion and key bindings."""
# packages: prompt_toolkit==3.0.53 wcwidth==0.9.4

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

words = WordCompleter(["apple", "apricot", "pear"])
assert [found.text for found in words.get_completions(Document("ap"), None)] == ["apple", "apricot"]
with create_pipe_input() as pipe:
    pipe.send_text("held\x01_\x05!\n")
    session = PromptSession(input=pipe, output=DummyOutput(), completer=words)
    assert session.prompt("> ") == "_held!"
