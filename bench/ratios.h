// SPDX-License-Identifier: MIT
// Benchmarks that are compared with a floor, measured beside it in one process.
#ifndef RINGSIDE_BENCH_RATIOS_H
#define RINGSIDE_BENCH_RATIOS_H

#include <benchmark/benchmark.h>

// A benchmark that sets one of these counters measures memory or guest instructions, not time.
constexpr char kKiB[] = "KiB";
constexpr char kInstructions[] = "ins";

/*
 * ratios.cc runs every registered benchmark many times, in turns, and prints the
 * medians. A benchmark's name is GROUP/WHAT; those of a group are compared with its
 * GROUP/floor. One whose spread is too wide fails: other work was measured with it.
 *
 * Google Benchmark's settings come from the environment (BENCHMARK_FILTER and the like).
 */

#endif // RINGSIDE_BENCH_RATIOS_H
