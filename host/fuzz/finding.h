/* SPDX-License-Identifier: MIT */
/* Inputs with which something went wrong, and the tests that are made of them. */
#ifndef RINGSIDE_HOST_FUZZ_FINDING_H
#define RINGSIDE_HOST_FUZZ_FINDING_H

#include <cstdint>
#include <string>
#include <vector>

#include "host/fuzz/executor.h"

namespace ringside::fuzz
{

using Input = std::vector<uint8_t>;

/* The first result that says that something is wrong, or NULL. */
const Result *FirstFailure(const std::vector<Result> &results);

/* What two inputs share that show the same: kind, place and words, but no numbers. */
std::string SignatureOf(const Result &failure);

struct Finding {
	Input input;
	std::vector<Result> results; /* that this input leads to */
	bool repeats; /* whether it did so again, from the snapshot */
};

/* Makes an input as short and as plain as it can be, with the same signature. */
Finding Minimize(Executor *executor, const Input &input, const std::vector<Result> &results);

/*
 * Writes a finding as a C source and a rule for its BUILD file, into the folder
 * @output; returns the source's path.
 */
std::string Write(const Finding &finding, const std::string &output);

} /* namespace ringside::fuzz */

#endif /* RINGSIDE_HOST_FUZZ_FINDING_H */
