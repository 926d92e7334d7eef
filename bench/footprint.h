// SPDX-License-Identifier: MIT
// What this process holds: memory, descriptors, mappings.
#ifndef RINGSIDE_BENCH_FOOTPRINT_H
#define RINGSIDE_BENCH_FOOTPRINT_H

struct Footprint {
	long rss; // KiB, to the page (proc(5), smaps_rollup)
	long page_tables; // KiB, the process's own: VmPTE
	long guest_page_tables; // KiB, all KVMs' of the computer: SecPageTables; 0 before Linux 6.1
	long descriptors;
	long maps;

	// As it is now, what malloc() keeps for later given back.
	static Footprint Now();
};

#endif // RINGSIDE_BENCH_FOOTPRINT_H
