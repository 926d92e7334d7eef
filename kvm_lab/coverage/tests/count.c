/* SPDX-License-Identifier: MIT */
/*
 * Calls functions of sample.c, and writes its counters as a machine does.
 *
 * usage: count OUTPUT CALL...    CALL: "+" for sign(1), "-" for sign(-1), "2" for twice(1)
 */
#include <stdio.h>

#include "kvm_lab/coverage/tests/sample.h"

/* The linker's names for the section's ends. */
extern const char __start___llvm_prf_cnts[], __stop___llvm_prf_cnts[];

int main(int argc, char **argv)
{
	const size_t size = (size_t)(__stop___llvm_prf_cnts - __start___llvm_prf_cnts);
	int sum = 0;
	FILE *file;

	if (argc < 2)
		return 2;
	for (int i = 2; i < argc; i++)
		sum += *argv[i] == '2' ? twice(1) : sign(*argv[i] == '-' ? -1 : 1);
	file = fopen(argv[1], "we");
	if (!file || fwrite(__start___llvm_prf_cnts, 1, size, file) != size || fclose(file)) {
		perror(argv[1]);
		return 1;
	}
	printf("%d\n", sum);
	return 0;
}
