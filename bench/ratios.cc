// SPDX-License-Identifier: MIT
#include "ratios.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "measured.h"

namespace
{

constexpr char kFloor[] = "floor";

class Ratios : public benchmark::BenchmarkReporter
{
public:
	bool ReportContext(const Context &) override
	{
		return true;
	}

	void ReportRuns(const std::vector<Run> &runs) override
	{
		for (const Run &run : runs) {
			const std::string &name = run.run_name.function_name;
			const size_t slash = name.rfind('/');

			if (run.run_type != Run::RT_Iteration)
				continue;
			if (run.error_occurred) {
				ADD_FAILURE() << name << ": " << run.error_message;
				continue;
			}
			ASSERT_NE(slash, std::string::npos) << name << " is in no group";
			Take(run, &groups_[name.substr(0, slash)][name.substr(slash + 1)]);
		}
	}

	void Print() const
	{
		printf("%-28s %-12s %13s %6s %8s\n", "", "", "median", "spread", "ratio");
		for (const auto &[group, members] : groups_) {
			const auto floor = members.find(kFloor);

			ASSERT_TRUE(floor != members.end()) << group << " has no floor";
			for (const auto &[what, measured] : members) {
				printf("%-28s %-12s %9.2f %-3s %4.0f %%", group.c_str(),
				       what.c_str(), measured.Median(), measured.unit,
				       measured.Spread() * 100);
				if (what != kFloor && floor->second.Median() > 0)
					printf(" %8.2f",
					       measured.Median() / floor->second.Median());
				printf("\n");
				EXPECT_FALSE(measured.MeansNothing())
					<< group << "/" << what
					<< ": the repetitions differ too much to mean anything; run "
					   "it again with nothing else running";
			}
		}
	}

	bool empty() const
	{
		return groups_.empty();
	}

private:
	static void Take(const Run &run, Measured *measured)
	{
		for (const char *unit : {kKiB, kInstructions}) {
			const auto counter = run.counters.find(unit);

			if (counter == run.counters.end())
				continue;
			measured->unit = unit;
			measured->values.push_back(counter->second.value);
			return;
		}
		measured->unit = "us";
		measured->values.push_back(run.real_accumulated_time * 1e6 /
					   static_cast<double>(run.iterations));
	}

	std::map<std::string, std::map<std::string, Measured>> groups_;
};

std::vector<std::string> Arguments()
{
	std::vector<std::string> arguments = {"bench", "--benchmark_enable_random_interleaving"};
	const char *folder = getenv("TEST_UNDECLARED_OUTPUTS_DIR");

	if (!getenv("BENCHMARK_REPETITIONS"))
		arguments.push_back("--benchmark_repetitions=21");
	if (!getenv("BENCHMARK_MIN_TIME"))
		arguments.push_back("--benchmark_min_time=0.02");
	if (folder && !getenv("BENCHMARK_OUT"))
		arguments.push_back(std::string("--benchmark_out=") + folder + "/benchmarks.json");
	return arguments;
}

TEST(Benchmarks, Ratios)
{
	std::vector<std::string> arguments = Arguments();
	std::vector<char *> argv;
	int argc = static_cast<int>(arguments.size());
	Ratios ratios;

	argv.reserve(arguments.size() + 1);
	for (std::string &argument : arguments)
		argv.push_back(argument.data());
	argv.push_back(nullptr);
	benchmark::Initialize(&argc, argv.data());
	benchmark::RunSpecifiedBenchmarks(&ratios);
	ASSERT_FALSE(ratios.empty()) << "no benchmark has run: see BENCHMARK_FILTER";
	ratios.Print();
}

} // namespace
