"""A pipe that goes both ways: questions there, answers back; poll() looks whether there is one yet."""

from multiprocessing import Pipe, Process


def answer(questions):
    while (question := questions.recv()) is not None:
        questions.send(f"{question}? {len(question)} letters.")
    questions.send("Good-bye.")


here, there = Pipe()
process = Process(target=answer, args=(there,))
process.start()
there.close()

print("an answer before the question:", here.poll())
for word in ("interpreter", "channel", "thread"):
    here.send(word)
    if here.poll(60):
        print(here.recv())
here.send(None)
print(here.recv())
process.join()
print("the other end is gone:", here.poll())
