/* A shop. */
#include <stdio.h>
#include "shop.h"

#define LIMIT 10
#define MAX(a, b) \
	((a) > (b) ? (a) : (b))
#define GUARD

typedef unsigned int number;
typedef int (*handler)(int, char *);

/* What is sold. */
struct shop {
	int n;
	int (*sell)(struct shop *);
};

typedef struct {
	int x;
} point;

typedef struct node {
	struct node *next;
} node;

enum door { OPEN, SHUT };
union both { int i; float f; };

static const char *names[] = { "int no(void) {", "b" };
int counter = 0;
extern int elsewhere;
int declared(int a);

// Adds.
// Twice.
static inline int
add(int a, int b)
{
	if (a && b)
		return a;
	for (;;) { while (a) { do { } while (b); } }
	switch (a) { case 1: case 2: default: break; }
	struct shop s = { .n = 1 };
	return a ? '{' : b;
}

#ifdef X
struct shop *find(const char *name) {
#else
struct shop *find(char *name) {
#endif
	return NULL;
}

int main(int argc, char **argv)
{
	return add(1, 2);
}
