// SPDX-License-Identifier: MIT
/* What the guest says in the result page. None of it is believed unchecked. */
#include <inttypes.h>

#include "host/diagnosis/diagnosis.h"
#include "host/diagnosis/symbols.h"
#include "host/ltp/report.h"
#include "host/ltp/vm.h"
#include "ringside/reporter.h"

/* Longest file name that is read from a guest. */
#define FILE_NAME_SIZE 256

/* An escaped byte takes up to four. */
#define ESCAPED(size) ((size) * 4 + 1)

static void describe_bad_value(int value, char *buf, size_t size)
{
	snprintf(buf, size,
		 "tst_kvm_validate_result(value): the guest's result is %d (%#x), which is none of "
		 "TPASS (%d), TFAIL (%d), TBROK (%d), TWARN (%d), TINFO (%d), TCONF (%d)",
		 value, (unsigned int)value, TPASS, TFAIL, TBROK, TWARN, TINFO, TCONF);
}

void tst_kvm_validate_result(int value)
{
	char text[256];

	if (tst_result_name(value))
		return;
	describe_bad_value(value, text, sizeof(text));
	lib_brk(TBROK, "%s", text);
}

/*
 * Copies the string at the guest virtual address @addr, page by page since
 * neighbours may be mapped anywhere, and ends it after @size - 1 bytes.
 */
static bool copy_guest_string(struct engine_vcpu *vcpu, uint64_t addr, char *buf, size_t size)
{
	const uint64_t page = sysconf(_SC_PAGESIZE);
	size_t used = 0;

	while (used < size - 1) {
		size_t chunk = page - addr % page, len;

		if (chunk > size - 1 - used)
			chunk = size - 1 - used;
		if (!diagnose_read(vcpu, addr, buf + used, chunk))
			return false;
		len = strnlen(buf + used, chunk);
		used += len;
		if (len < chunk)
			break;
		addr += chunk;
	}
	buf[used] = '\0';
	return true;
}

static void read_file_name(struct engine_vcpu *vcpu, uint64_t addr, char *buf, size_t size)
{
	char raw[FILE_NAME_SIZE];

	if (copy_guest_string(vcpu, addr, raw, sizeof(raw)))
		diagnose_escape(buf, size, raw, sizeof(raw));
	else
		snprintf(buf, size, "<bad address %#" PRIx64 ">", addr);
}

/* A report about an instruction: its place, and how the guest got there. */
static void report_at_address(struct engine_vcpu *vcpu, uint64_t address, int type,
			      const char *text)
{
	char backtrace[DIAGNOSE_SIZE], *whole = NULL;
	struct diagnose_place place;

	diagnose_backtrace(vcpu, &address, backtrace, sizeof(backtrace));
	if (!diagnose_find_place(&vcpu->vm->payload, address, &place) || !place.file[0])
		snprintf(place.file, sizeof(place.file), "<guest address %#" PRIx64 ">", address);
	if (asprintf(&whole, "%s%s", text, backtrace) < 0)
		whole = NULL;
	tst_report(place.file, place.line, type, whole ? whole : text);
	free(whole);
}

bool tst_report_guest_result(struct tst_kvm_cpu *cpu)
{
	/* One copy, so that no one changes what has been checked. */
	struct {
		struct tst_kvm_result head;
		char message[KVM_RESULT_MESSAGE_SIZE];
	} copy;
	char file[ESCAPED(FILE_NAME_SIZE)], text[ESCAPED(KVM_RESULT_MESSAGE_SIZE)];
	const void *slot = engine_result(cpu->engine->vm, cpu->vcpu.index);

	if (!slot) {
		tst_report(NULL, 0, TBROK,
			   "the guest reports a result, and the test has removed its result slot");
		return false;
	}
	memcpy(&copy, slot, sizeof(copy));
	if (!tst_result_name(copy.head.result)) {
		describe_bad_value(copy.head.result, text, sizeof(text));
		tst_report(NULL, 0, TBROK, text);
		return false;
	}
	diagnose_escape(text, sizeof(text), copy.message, sizeof(copy.message));
	if (copy.head.result != TINFO)
		__atomic_add_fetch(&cpu->vcpu.vm->results, 1, __ATOMIC_RELAXED);
	if (copy.head.lineno == KVM_LINENO_ADDRESS) {
		report_at_address(cpu->engine, copy.head.file_addr, copy.head.result, text);
		return true;
	}
	read_file_name(cpu->engine, copy.head.file_addr, file, sizeof(file));
	tst_report(file, copy.head.lineno < 0 ? 0 : copy.head.lineno, copy.head.result, text);
	return true;
}
