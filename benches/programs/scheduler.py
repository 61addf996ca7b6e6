"""Objects that call each other's methods: tasks of an operating system that pass packets."""


class Packet:
    def __init__(self, kind, value):
        self.kind = kind
        self.value = value
        self.next = None


class Queue:
    def __init__(self):
        self.first = None
        self.last = None
        self.length = 0

    def put(self, packet):
        packet.next = None
        if self.first is None:
            self.first = packet
        else:
            self.last.next = packet
        self.last = packet
        self.length += 1

    def take(self):
        packet = self.first
        if packet is not None:
            self.first = packet.next
            self.length -= 1
        return packet


class Task:
    def __init__(self, name, priority):
        self.name = name
        self.priority = priority
        self.inbox = Queue()
        self.handled = 0
        self.waiting = False

    def ready(self):
        return not self.waiting and self.inbox.length > 0

    def step(self, kernel):
        packet = self.inbox.take()
        self.handled += 1
        self.handle(packet, kernel)

    def handle(self, packet, kernel):
        raise NotImplementedError


class Worker(Task):
    def handle(self, packet, kernel):
        packet.value = (packet.value * 31 + self.handled) % 65_521
        kernel.send("device" if packet.value & 1 else "handler", packet)


class Device(Task):
    def handle(self, packet, kernel):
        packet.kind = "done"
        self.waiting = True
        kernel.send("handler", packet)

    def wake(self):
        self.waiting = False


class Handler(Task):
    def __init__(self, name, priority, limit):
        super().__init__(name, priority)
        self.left = limit

    def handle(self, packet, kernel):
        kernel.tasks["device"].wake()
        if self.left > 0:
            self.left -= 1
            packet.kind = "work"
            kernel.send("worker", packet)


class Kernel:
    def __init__(self):
        self.tasks = {}
        self.order = []
        self.steps = 0

    def add(self, task):
        self.tasks[task.name] = task
        self.order.append(task)
        self.order.sort(key=lambda each: each.priority)

    def send(self, name, packet):
        self.tasks[name].inbox.put(packet)

    def next_ready(self):
        for task in self.order:
            if task.ready():
                return task
        return None

    def run(self):
        while (task := self.next_ready()) is not None:
            task.step(self)
            self.steps += 1


def run():
    kernel = Kernel()
    kernel.add(Worker("worker", 3))
    kernel.add(Device("device", 2))
    kernel.add(Handler("handler", 1, 8_000))
    for value in range(6):
        kernel.send("worker", Packet("work", value))
    kernel.run()
    return kernel.steps, [task.handled for task in kernel.order]
