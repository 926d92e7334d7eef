// SPDX-License-Identifier: MIT
#include "host/fuzz/settings.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ringside::fuzz
{
namespace
{

/* Where the settings are; set by the rule. */
constexpr char kFileVariable[] = "RINGSIDE_FUZZ";

/* Set by the machines' runner, under bazel run. */
constexpr char kOpenEndedVariable[] = "RINGSIDE_FUZZ_ON";

/* For a longer look: bazel test --test_env=FUZZ_SECONDS=60. */
constexpr char kSecondsVariable[] = "FUZZ_SECONDS";

constexpr long kMostSeconds = 1000000;

/* For another look: bazel test --test_env=FUZZ_SEED=2. */
constexpr char kSeedVariable[] = "FUZZ_SEED";

constexpr long kMostSeeds = 1000000;

/* On a machine, a byte from this descriptor is the end of Bazel's time, or Ctrl-C. */
constexpr char kTimeVariable[] = "RINGSIDE_TIME_FD";

constexpr char kTimeoutVariable[] = "TEST_TIMEOUT";
constexpr char kOutputVariable[] = "TEST_UNDECLARED_OUTPUTS_DIR";

constexpr char kStartIt[] = "start the fuzz test with bazel run or bazel test.";

[[noreturn]] void Die(const std::string &why, const std::string &fix = kStartIt)
{
	fprintf(stderr,
		"ringside: %s\n"
		"  Fix: %s\n",
		why.c_str(), fix.c_str());
	exit(2);
}

/* What a variable says; @usual without it. @example: what the user may set it to. */
int ParseNumber(const char *variable, int usual, long least, long most, const char *example)
{
	const char *text = getenv(variable);
	char *end;
	long number;

	if (!text)
		return usual;
	number = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || number < least || number > most)
		Die(std::string(variable) + " is \"" + text + "\"; it must be a number from " +
			    std::to_string(least) + " to " + std::to_string(most),
		    std::string("--test_env=") + variable + "=" + example + ", or leave it out.");
	return static_cast<int>(number);
}

/* A line of the file: a key, and a value behind a blank. */
void Take(Settings *settings, const std::string &key, const std::string &value)
{
	if (key == "name")
		settings->name = value;
	else if (key == "corpus")
		settings->corpus.push_back(value);
	else if (key == "dictionary")
		settings->dictionary = value;
	else if (key == "max_input")
		settings->max_input = strtoul(value.c_str(), nullptr, 10);
	else if (key == "seconds")
		settings->seconds = atoi(value.c_str());
	else
		Die("the settings have an unknown line \"" + key + "\"");
}

Settings Read()
{
	const char *path = getenv(kFileVariable), *output = getenv(kOutputVariable);
	const char *time = getenv(kTimeVariable), *timeout = getenv(kTimeoutVariable);
	Settings settings;
	std::string line;

	if (!path)
		Die(std::string(kFileVariable) + " is not set");
	std::ifstream file(path);
	if (!file)
		Die(std::string("cannot read ") + path);
	/* What follows an empty line is the rule. */
	while (std::getline(file, line) && !line.empty()) {
		const size_t blank = line.find(' ');

		Take(&settings, line.substr(0, blank),
		     blank == std::string::npos ? "" : line.substr(blank + 1));
	}
	std::ostringstream rest;
	rest << file.rdbuf();
	settings.rule = rest.str();
	settings.seconds = ParseNumber(kSecondsVariable, settings.seconds, 0, kMostSeconds, "60");
	settings.seed = ParseNumber(kSeedVariable, settings.seed, 1, kMostSeeds, "2");
	if (timeout)
		settings.timeout = atoi(timeout);
	settings.open_ended = getenv(kOpenEndedVariable) != nullptr;
	settings.output = output ? output : ".";
	/* Before the watchdog takes it. */
	if (settings.open_ended && time) {
		settings.stop_file = atoi(time);
		unsetenv(kTimeVariable);
	}
	return settings;
}

} /* namespace */

const Settings &GetSettings()
{
	static const Settings settings = Read();

	return settings;
}

} /* namespace ringside::fuzz */
