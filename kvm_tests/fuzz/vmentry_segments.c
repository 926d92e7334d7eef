// SPDX-License-Identifier: MIT
/* "Checks on Guest Segment Registers" and "... Descriptor-Table Registers", 27.3.1.2, 27.3.1.3. */
#include "vmentry_judge.h"

/* 25.4.1, table 25-2: access rights. */
#define ACCESS_TYPE 0xf
#define ACCESS_S BIT64(4)
#define ACCESS_DPL(access) ((access) >> 5 & 3)
#define ACCESS_PRESENT BIT64(7)
#define ACCESS_L BIT64(13)
#define ACCESS_DB BIT64(14)
#define ACCESS_G BIT64(15)
#define ACCESS_UNUSABLE BIT64(16)
#define ACCESS_RESERVED 0xfffe0f00ull

/* A segment register of the guest's, the fields of which follow each other. */
struct segment {
	uint64_t selector, base, limit, access;
	unsigned int type, dpl, rpl;
	int usable;
};

static struct segment read_segment(const struct judge *judge, enum vmentry_field first)
{
	const uint64_t *at = &judge->fields[first];

	return (struct segment){
		.selector = at[0],
		.base = at[1],
		.limit = at[2],
		.access = at[3],
		.type = at[3] & ACCESS_TYPE,
		.dpl = ACCESS_DPL(at[3]),
		.rpl = at[0] & SELECTOR_RPL,
		.usable = !(at[3] & ACCESS_UNUSABLE),
	};
}

static int has_granularity(const struct segment *segment)
{
	const int in_pages = !!(segment->access & ACCESS_G);

	return !((segment->limit & 0xfff) != 0xfff && in_pages) &&
	       !((segment->limit & 0xfff00000) && !in_pages);
}

typedef void demand_function(struct judge *judge, int holds, enum vmentry_outcome kind,
			     const char *rule);

/* What holds for each segment that is in use. */
static void judge_descriptor(struct judge *judge, const struct segment *segment, int is_system,
			     demand_function *demand)
{
	demand(judge, !!(segment->access & ACCESS_S) != is_system, VMENTRY_BAD_GUEST,
	       "27.3.1.2: S of a segment");
	demand(judge, !!(segment->access & ACCESS_PRESENT), VMENTRY_BAD_GUEST,
	       "27.3.1.2: P of a segment");
	demand_unseen(judge, !(segment->access & ACCESS_RESERVED), VMENTRY_BAD_GUEST,
		      "27.3.1.2: reserved access rights of a segment");
	demand(judge, has_granularity(segment), VMENTRY_BAD_GUEST, "27.3.1.2: G of a segment");
}

static void judge_cs(struct judge *judge, const struct segment *cs, const struct segment *ss)
{
	demand(judge, !(cs->base >> 32), VMENTRY_BAD_GUEST, "27.3.1.2: CS base, bits 63:32");
	switch (cs->type) {
	case 3:
		demand(judge, is_unrestricted(judge), VMENTRY_BAD_GUEST, "27.3.1.2: CS type");
		demand(judge, !cs->dpl, VMENTRY_BAD_GUEST, "27.3.1.2: CS DPL");
		break;
	case 9:
	case 11:
		demand(judge, cs->dpl == ss->dpl, VMENTRY_BAD_GUEST, "27.3.1.2: CS DPL");
		break;
	case 13:
	case 15:
		demand(judge, cs->dpl <= ss->dpl, VMENTRY_BAD_GUEST, "27.3.1.2: CS DPL");
		break;
	default:
		demand(judge, 0, VMENTRY_BAD_GUEST, "27.3.1.2: CS type");
	}
	judge_descriptor(judge, cs, 0, demand);
	demand(judge, !is_64_bit_guest(judge) || (~cs->access & (ACCESS_L | ACCESS_DB)),
	       VMENTRY_BAD_GUEST, "27.3.1.2: CS is of 64 and of 32 bits");
	/* The rules above hold for CS all the same; that it is in use is said nowhere. */
	leave_open(judge, !cs->usable, VMENTRY_BAD_GUEST, "27.3.1.2: CS is unusable");
}

static void judge_ss(struct judge *judge, const struct segment *ss, const struct segment *cs)
{
	demand_function *const check =
		!(ss->selector & ~SELECTOR_RPL) && is_64_bit_guest(judge) && (cs->access & ACCESS_L)
			? demand_unseen
			: demand;

	demand(judge, is_unrestricted(judge) || ss->rpl == cs->rpl, VMENTRY_BAD_GUEST,
	       "27.3.1.2: RPL of SS and CS");
	demand(judge, is_unrestricted(judge) || ss->dpl == ss->rpl, VMENTRY_BAD_GUEST,
	       "27.3.1.2: SS DPL");
	demand(judge, !ss->dpl || (cs->type != 3 && (GET(CR0) & CR0_PE)), VMENTRY_BAD_GUEST,
	       "27.3.1.2: SS DPL in real mode");
	if (!ss->usable)
		return;
	check(judge, !(ss->base >> 32), VMENTRY_BAD_GUEST, "27.3.1.2: SS base, bits 63:32");
	check(judge, ss->type == 3 || ss->type == 7, VMENTRY_BAD_GUEST, "27.3.1.2: SS type");
	judge_descriptor(judge, ss, 0, check);
}

static void judge_data(struct judge *judge, const struct segment *segment)
{
	if (!segment->usable)
		return;
	demand(judge, (segment->type & 1) && (!(segment->type & 8) || (segment->type & 2)),
	       VMENTRY_BAD_GUEST, "27.3.1.2: type of DS, ES, FS or GS");
	demand(judge, is_unrestricted(judge) || segment->type > 11 || segment->dpl >= segment->rpl,
	       VMENTRY_BAD_GUEST, "27.3.1.2: DPL of DS, ES, FS or GS");
	judge_descriptor(judge, segment, 0, demand);
}

static void judge_virtual_8086(struct judge *judge, const struct segment *segment)
{
	demand(judge,
	       segment->base == segment->selector << 4 && segment->limit == 0xffff &&
		       segment->access == 0xf3,
	       VMENTRY_BAD_GUEST, "27.3.1.2: a segment in virtual-8086 mode");
}

static void judge_system_segments(struct judge *judge)
{
	const struct segment tr = read_segment(judge, VMENTRY_TR);
	const struct segment ldtr = read_segment(judge, VMENTRY_LDTR);

	demand(judge, tr.usable, VMENTRY_BAD_GUEST, "27.3.1.2: TR is unusable");
	demand(judge, !(tr.selector & SELECTOR_TI), VMENTRY_BAD_GUEST, "27.3.1.2: TI of TR");
	demand(judge, is_canonical(tr.base), VMENTRY_BAD_GUEST, "27.3.1.2: TR base");
	demand(judge, tr.type == 11 || (tr.type == 3 && !is_64_bit_guest(judge)), VMENTRY_BAD_GUEST,
	       "27.3.1.2: TR type");
	judge_descriptor(judge, &tr, 1, demand);
	if (!ldtr.usable)
		return;
	demand(judge, !(ldtr.selector & SELECTOR_TI), VMENTRY_BAD_GUEST, "27.3.1.2: TI of LDTR");
	demand(judge, is_canonical(ldtr.base), VMENTRY_BAD_GUEST, "27.3.1.2: LDTR base");
	demand(judge, ldtr.type == 2, VMENTRY_BAD_GUEST, "27.3.1.2: LDTR type");
	judge_descriptor(judge, &ldtr, 1, demand);
}

void judge_guest_segments(struct judge *judge)
{
	static const enum vmentry_field data[] = {VMENTRY_DS, VMENTRY_ES, VMENTRY_FS, VMENTRY_GS};
	const struct segment cs = read_segment(judge, VMENTRY_CS);
	const struct segment ss = read_segment(judge, VMENTRY_SS);
	const int virtual_8086 = !!(GET(RFLAGS) & RFLAGS_VM);

	if (virtual_8086) {
		judge_virtual_8086(judge, &cs);
		judge_virtual_8086(judge, &ss);
	} else {
		judge_cs(judge, &cs, &ss);
		judge_ss(judge, &ss, &cs);
	}
	for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
		const struct segment segment = read_segment(judge, data[i]);

		if (virtual_8086)
			judge_virtual_8086(judge, &segment);
		else
			judge_data(judge, &segment);
		if (data[i] == VMENTRY_FS || data[i] == VMENTRY_GS)
			demand(judge, is_canonical(segment.base), VMENTRY_BAD_GUEST,
			       "27.3.1.2: FS or GS base");
		else
			demand(judge, !segment.usable || !(segment.base >> 32), VMENTRY_BAD_GUEST,
			       "27.3.1.2: DS or ES base, bits 63:32");
	}
	judge_system_segments(judge);
	demand(judge, is_canonical(GET(GDTR_BASE)) && is_canonical(GET(IDTR_BASE)),
	       VMENTRY_BAD_GUEST, "27.3.1.3: GDTR or IDTR base");
	demand(judge, !(GET(GDTR_LIMIT) >> 16) && !(GET(IDTR_LIMIT) >> 16), VMENTRY_BAD_GUEST,
	       "27.3.1.3: GDTR or IDTR limit");
}
