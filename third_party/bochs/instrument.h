/* SPDX-License-Identifier: MIT */
/*
 * Bochs' instrumentation interface (its instrument/instrumentation.txt), as
 * Ringside uses it: two hooks tell the mailbox (machines/bochs/mailbox.cc) when
 * to take its place among the devices, those of branches record the last one. All
 * others cost nothing.
 */
#ifndef RINGSIDE_BOCHS_INSTRUMENT_H
#define RINGSIDE_BOCHS_INSTRUMENT_H

#include <stdint.h>

/**
 * mailbox_initialize() - Registers what must exist before Bochs lists the state
 * that it saves: called once, when the CPU exists and the devices do not.
 */
void mailbox_initialize(void);

/**
 * mailbox_reset() - Called at every reset of the CPU; at the first one the
 * devices exist, and the mailbox takes its ports.
 * @type: BX_RESET_HARDWARE or BX_RESET_SOFTWARE
 */
void mailbox_reset(unsigned type);

/* APM Vol. 2, "Control-Transfer Recording MSRs": DebugCtl, LastBranchFromIP, LastBranchToIP. */
struct branch_records {
	uint64_t control, from, to;
};

#define BRANCH_RECORDS_ON 1 /* of control */

extern struct branch_records branch_records;

static inline void record_branch(uint64_t from, uint64_t to)
{
	if (__builtin_expect(branch_records.control & BRANCH_RECORDS_ON, 0)) {
		branch_records.from = from;
		branch_records.to = to;
	}
}

/**
 * branch_records_read() - RDMSR
 * @index: the register's number
 * @value: its value
 *
 * Return: 1, or -1 for a register that is none of these.
 */
int branch_records_read(uint32_t index, uint64_t *value);

/**
 * branch_records_write() - WRMSR
 * @index: the register's number
 * @value: its new value
 *
 * Return: 1, 0 for #GP, or -1 for a register that is none of these.
 */
int branch_records_write(uint32_t index, uint64_t value);

#define BX_INSTR_INITIALIZE(cpu_id) mailbox_initialize()
#define BX_INSTR_RESET(cpu_id, type) mailbox_reset(type)

#define BX_INSTR_INIT_ENV()
#define BX_INSTR_EXIT_ENV()
#define BX_INSTR_EXIT(cpu_id)
#define BX_INSTR_HLT(cpu_id)
#define BX_INSTR_MWAIT(cpu_id, addr, len, flags)
#define BX_INSTR_DEBUG_PROMPT()
#define BX_INSTR_DEBUG_CMD(cmd)
#define BX_INSTR_CNEAR_BRANCH_TAKEN(cpu_id, branch_eip, new_eip) record_branch(branch_eip, new_eip)
#define BX_INSTR_CNEAR_BRANCH_NOT_TAKEN(cpu_id, branch_eip)
#define BX_INSTR_UCNEAR_BRANCH(cpu_id, what, branch_eip, new_eip) record_branch(branch_eip, new_eip)
#define BX_INSTR_FAR_BRANCH(cpu_id, what, prev_cs, prev_eip, new_cs, new_eip) \
	record_branch(prev_eip, new_eip)
#define BX_INSTR_OPCODE(cpu_id, i, opcode, len, is32, is64)
#define BX_INSTR_EXCEPTION(cpu_id, vector, error_code)
#define BX_INSTR_INTERRUPT(cpu_id, vector)
#define BX_INSTR_HWINTERRUPT(cpu_id, vector, cs, eip)
#define BX_INSTR_CLFLUSH(cpu_id, laddr, paddr)
#define BX_INSTR_CACHE_CNTRL(cpu_id, what)
#define BX_INSTR_TLB_CNTRL(cpu_id, what, new_cr3)
#define BX_INSTR_PREFETCH_HINT(cpu_id, what, seg, offset)
#define BX_INSTR_BEFORE_EXECUTION(cpu_id, i)
#define BX_INSTR_AFTER_EXECUTION(cpu_id, i)
#define BX_INSTR_REPEAT_ITERATION(cpu_id, i)
#define BX_INSTR_LIN_ACCESS(cpu_id, lin, phy, len, memtype, rw)
#define BX_INSTR_PHY_ACCESS(cpu_id, phy, len, memtype, rw)
#define BX_INSTR_INP(addr, len)
#define BX_INSTR_INP2(addr, len, val)
#define BX_INSTR_OUTP(addr, len, val)
#define BX_INSTR_WRMSR(cpu_id, addr, value)
#define BX_INSTR_VMEXIT(cpu_id, reason, qualification)

#endif
