// SPDX-License-Identifier: MIT
// What a benchmark's repetitions come to.
#ifndef RINGSIDE_BENCH_MEASURED_H
#define RINGSIDE_BENCH_MEASURED_H

#include <algorithm>
#include <vector>

struct Measured {
	// Half of the repetitions lie within this part of the median, or mean nothing.
	static constexpr double kWidestSpread = 0.2;

	std::vector<double> values; // of one iteration, for each repetition: at least one
	const char *unit;

	double Median() const
	{
		return Quantile(0.5);
	}

	double Spread() const
	{
		const double width = Quantile(0.75) - Quantile(0.25);

		return width == 0 ? 0 : width / Median();
	}

	// Also what can't be compared, such as a median of 0.
	bool MeansNothing() const
	{
		return !(Spread() >= 0 && Spread() <= kWidestSpread);
	}

private:
	double Quantile(double part) const
	{
		std::vector<double> sorted = values;
		const auto at = sorted.begin() + static_cast<long>(part * (sorted.size() - 1));

		std::nth_element(sorted.begin(), at, sorted.end());
		return *at;
	}
};

#endif // RINGSIDE_BENCH_MEASURED_H
