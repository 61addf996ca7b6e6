/* What the tests of ctypes call. */

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

struct point {
    double x, y;
};

int add(int a, int b) { return a + b; }

double squared(struct point p) { return p.x * p.x + p.y * p.y; }

uint64_t sum(const uint64_t *numbers, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += numbers[i];
    return sum;
}

void twice(uint64_t *numbers, size_t count) {
    for (size_t i = 0; i < count; i++)
        numbers[i] *= 2;
}

char *greet(char *out, const char *name) { return strcat(strcpy(out, "hello "), name); }

int apply(int (*function)(int, int), int a, int b) { return function(a, b) + 1; }

static atomic_int calls;

int called(void) { return atomic_fetch_add(&calls, 1) + 1; }

static atomic_int arrived;

/* Comes back when as many have called it at the same time. */
int meet(int expected) {
    atomic_fetch_add(&arrived, 1);
    while (atomic_load(&arrived) < expected)
        sched_yield();
    return 1;
}
