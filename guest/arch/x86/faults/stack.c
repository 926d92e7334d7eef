// SPDX-License-Identifier: MIT
/* Stacks: a page below each is not mapped, and what touches it has run out of stack. */
#include "guest/arch/x86/faults/stack.h"
#include "guest/arch/x86/paging/paging.h"
#include "guest/lib/cpu.h"

/* From payload.lds: the page below CPU 0's stack. */
extern const char kvm_stack_guard[];

/* A stack from the heap. */
struct stack {
	struct stack *next;
	const char *owner;
	uintptr_t guard;
};

static struct stack *stacks;
static struct tst_lock lock;

static size_t stack_size(void)
{
	return (uintptr_t)kvm_stack_size;
}

void *alloc_stack(const char *owner)
{
	struct stack *stack = tst_heap_alloc(sizeof(*stack));

	stack->owner = owner;
	stack->guard = (uintptr_t)tst_heap_alloc_aligned(PAGESIZE + stack_size(), PAGESIZE);
	unmap_guard_page(stack->guard);
	tst_lock(&lock);
	stack->next = stacks;
	__atomic_store_n(&stacks, stack, __ATOMIC_RELEASE);
	tst_unlock(&lock);
	return (void *)(stack->guard + PAGESIZE + stack_size());
}

static _Bool is_in_page(uintptr_t addr, uintptr_t page)
{
	return addr - page < PAGESIZE;
}

/* The page below a stack that addr lies in, and whose stack that is; 0 if it is none. */
static uintptr_t find_guard_page(uintptr_t addr, const char **owner)
{
	const unsigned int cpu = tst_cpu();
	const struct stack *stack;
	uintptr_t guard;

	*owner = "main() on CPU 0";
	if (is_in_page(addr, (uintptr_t)kvm_stack_guard))
		return (uintptr_t)kvm_stack_guard;
	*owner = "the running CPU's function";
	guard = cpu_control(cpu)->area_end - kvm_payload_entry.cpu_area_size;
	if (cpu && is_in_page(addr, guard))
		return guard;
	for (stack = __atomic_load_n(&stacks, __ATOMIC_ACQUIRE); stack; stack = stack->next) {
		*owner = stack->owner;
		if (is_in_page(addr, stack->guard))
			return stack->guard;
	}
	return 0;
}

_Bool is_guard_page(uintptr_t addr)
{
	const char *owner;

	return find_guard_page(addr, &owner) != 0;
}

void report_stack_overflow(uintptr_t addr, uintptr_t ip, const char *registers)
{
	const char *owner;
	const uintptr_t stack = find_guard_page(addr, &owner) + PAGESIZE;

	break_at_address(ip,
			 "Stack overflow on CPU %u: %s has used up its stack, %zu bytes from %#lx "
			 "to %#lx\n"
			 "  Fix: payload_stack_size of kvm_test() makes every stack larger%s",
			 tst_cpu(), owner, stack_size(), (unsigned long)stack,
			 (unsigned long)(stack + stack_size()), registers);
}
