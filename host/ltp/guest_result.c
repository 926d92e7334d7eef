// SPDX-License-Identifier: MIT
/* What the guest says in the result page. None of it is believed unchecked. */
#include <inttypes.h>

#include "host/ltp/report.h"
#include "ringside/reporter.h"
#include "host/ltp/run.h"
#include "host/diagnosis/symbols.h"

/* Longest file name that is read from a guest. */
#define FILE_NAME_SIZE 256

/* An escaped byte takes up to four. */
#define ESCAPED(size) ((size) * 4 + 1)

void tst_kvm_validate_result(int value)
{
	if (tst_result_name(value))
		return;
	lib_brk(TBROK,
		"tst_kvm_validate_result(value): the guest's result is %d (%#x), which is none of "
		"TPASS (%d), TFAIL (%d), TBROK (%d), TWARN (%d), TINFO (%d), TCONF (%d)",
		value, (unsigned int)value, TPASS, TFAIL, TBROK, TWARN, TINFO, TCONF);
}

int32_t tst_result_value(const struct tst_kvm_instance *inst)
{
	return __atomic_load_n(&inst->result->result, __ATOMIC_ACQUIRE);
}

void tst_set_result_value(struct tst_kvm_instance *inst, int32_t value)
{
	__atomic_store_n(&inst->result->result, value, __ATOMIC_RELEASE);
}

void tst_change_result_value(struct tst_kvm_instance *inst, int32_t from, int32_t to)
{
	__atomic_compare_exchange_n(&inst->result->result, &from, to, false, __ATOMIC_ACQ_REL,
				    __ATOMIC_ACQUIRE);
}

/*
 * Copies the string at the guest virtual address @addr, page by page since
 * neighbours may be mapped anywhere, and ends it after @size - 1 bytes.
 */
static bool copy_guest_string(const struct tst_kvm_instance *inst, uint64_t addr, char *buf,
			      size_t size)
{
	const uint64_t page = sysconf(_SC_PAGESIZE);
	size_t used = 0;

	while (used < size - 1) {
		const char *src = tst_kvm_get_memptr(inst, addr);
		size_t chunk = page - addr % page, len;

		if (!src)
			return false;
		if (chunk > size - 1 - used)
			chunk = size - 1 - used;
		len = strnlen(src, chunk);
		memcpy(buf + used, src, len);
		used += len;
		if (len < chunk)
			break;
		addr += chunk;
	}
	buf[used] = '\0';
	return true;
}

static void read_file_name(const struct tst_kvm_instance *inst, uint64_t addr, char *buf,
			   size_t size)
{
	char raw[FILE_NAME_SIZE];

	if (copy_guest_string(inst, addr, raw, sizeof(raw)))
		tst_escape(buf, size, raw, sizeof(raw));
	else
		snprintf(buf, size, "<bad address %#" PRIx64 ">", addr);
}

/* A report about an instruction: its place, and how the guest got there. */
static void report_at_address(const struct tst_kvm_instance *inst, uint64_t address, int type,
			      const char *text)
{
	char backtrace[TST_DESCRIPTION_SIZE], *whole = NULL;
	struct tst_place place;

	tst_describe_backtrace(inst, &address, backtrace, sizeof(backtrace));
	if (!tst_find_place(address, &place) || !place.file[0])
		snprintf(place.file, sizeof(place.file), "<guest address %#" PRIx64 ">", address);
	if (asprintf(&whole, "%s%s", text, backtrace) < 0)
		whole = NULL;
	tst_report(place.file, place.line, type, whole ? whole : text);
	free(whole);
}

void tst_report_guest_result(const struct tst_kvm_instance *inst, struct tst_kvm_vm *vm)
{
	/* One copy, so that no one changes what has been checked. */
	struct {
		struct tst_kvm_result head;
		char message[KVM_RESULT_MESSAGE_SIZE];
	} copy;
	char file[ESCAPED(FILE_NAME_SIZE)], text[ESCAPED(KVM_RESULT_MESSAGE_SIZE)];

	memcpy(&copy, inst->result, sizeof(copy));
	if (!tst_result_name(copy.head.result))
		__atomic_store_n(&vm->ended, true, __ATOMIC_RELEASE);
	tst_kvm_validate_result(copy.head.result);
	tst_escape(text, sizeof(text), copy.message, sizeof(copy.message));
	if (copy.head.result != TINFO)
		vm->results++;
	if (copy.head.lineno == KVM_LINENO_ADDRESS) {
		report_at_address(inst, copy.head.file_addr, copy.head.result, text);
		return;
	}
	read_file_name(inst, copy.head.file_addr, file, sizeof(file));
	tst_report(file, copy.head.lineno < 0 ? 0 : copy.head.lineno, copy.head.result, text);
}
