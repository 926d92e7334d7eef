/* SPDX-License-Identifier: MIT */
/* What rules/kvm_fuzz_test.bzl says of a fuzz test, and what the environment does. */
#ifndef RINGSIDE_HOST_FUZZ_SETTINGS_H
#define RINGSIDE_HOST_FUZZ_SETTINGS_H

#include <cstddef>
#include <string>
#include <vector>

namespace ringside::fuzz
{

struct Settings {
	std::string name; /* of the fuzz test */
	std::vector<std::string> corpus; /* files, as the test finds them */
	std::string dictionary; /* a file, or empty */
	size_t max_input = 0; /* bytes of the longest input */
	int seconds = 0; /* that a test fuzzes; 0: only the corpus is replayed */
	int seed = 1; /* of a test, so that it does the same each time; as far as time allows */
	int timeout = 0; /* seconds until Bazel ends the test; 0: it never does */
	std::string rule; /* a kvm_test for a finding, in which @NAME@ stands for its name */

	bool open_ended = false; /* bazel run: until it is told to end */
	int stop_file = -1; /* open_ended, on a machine: a byte from here says Ctrl-C */
	std::string output; /* a folder for findings and, if open_ended, for the corpus */
};

/* The settings, read once. Without any: an explanation, and the process ends. */
const Settings &GetSettings();

} /* namespace ringside::fuzz */

#endif /* RINGSIDE_HOST_FUZZ_SETTINGS_H */
