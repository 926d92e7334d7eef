// SPDX-License-Identifier: MIT
/*
 * Interrupts that the host raises: through the I/O APIC (Intel 82093AA data
 * sheet, "IOAPIC Registers"), as messages (SDM Vol. 3 "Message Signalled
 * Interrupts"), and from doorbells of the guest's own.
 */
#include "guest_case.h"
#include "irqchip.h"
#include "kvm_x86.h"

#define IOREGSEL (*(volatile uint32_t *)(IOAPIC_BASE_ADDRESS))
#define IOWIN (*(volatile uint32_t *)(IOAPIC_BASE_ADDRESS + 0x10))
#define REDIRECTION(pin) (0x10 + 2 * (pin))
#define REDIRECTION_PIN_LOW (1 << 13)
#define REDIRECTION_REMOTE_IRR (1 << 14)
#define REDIRECTION_LEVEL (1 << 15)
#define REDIRECTION_MASKED (1 << 16)
#define REDIRECTION_LOGICAL (1 << 11)

#define PIC_MASTER_DATA 0x21
#define PIC_SLAVE_DATA 0xa1

#define APIC_REG_DFR 0xe0

GUEST_SHARED uint32_t seen[256];
static volatile unsigned int level_count;
static volatile unsigned int ready;
static volatile uint32_t irr_when_served;

static int count(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	seen[(uintptr_t)userdata]++;
	kvm_end_of_interrupt();
	return 0;
}

static void handle(unsigned int vector)
{
	tst_set_interrupt_callback(vector, count, (void *)(uintptr_t)vector);
}

static void set_redirection(unsigned int pin, uint32_t low, unsigned int destination)
{
	IOREGSEL = REDIRECTION(pin) + 1;
	IOWIN = destination << 24;
	IOREGSEL = REDIRECTION(pin);
	IOWIN = low;
}

static uint32_t get_redirection(unsigned int pin)
{
	IOREGSEL = REDIRECTION(pin);
	return IOWIN;
}

/* The PICs have the lines, too: masked, they leave them to the I/O APIC. */
static void mask_pics(void)
{
	kvm_out8(PIC_MASTER_DATA, 0xff);
	kvm_out8(PIC_SLAVE_DATA, 0xff);
}

static void begin(void)
{
	mask_pics();
	kvm_map(IOAPIC_BASE_ADDRESS, IOAPIC_BASE_ADDRESS, PAGESIZE,
		PTE_WRITABLE | PTE_CACHE_DISABLE);
	kvm_enable_apic();
}

/* Lets waiting interrupts in, then shuts the door again. */
static void take_interrupts(void)
{
	kvm_enable_interrupts();
	asm volatile("nop; nop");
	kvm_disable_interrupts();
}

/* Each yield lets the controller do what it has to do next. */
static void wait_for(unsigned int vector, unsigned int number)
{
	kvm_disable_interrupts();
	while (seen[vector] < number) {
		kvm_wait_interrupt();
		kvm_disable_interrupts();
	}
}

/* The controller raises the line, raises it again without lowering it, lowers and raises it. */
GUEST_CASE(edge)
{
	begin();
	handle(VECTOR);
	set_redirection(PIN, VECTOR, 0);
	kvm_yield();
	wait_for(VECTOR, 1);
	kvm_yield();
	take_interrupts();
	if (seen[VECTOR] != 1)
		tst_brk(TFAIL, "a line that stays high raised %u interrupts", seen[VECTOR]);
	kvm_yield();
	wait_for(VECTOR, 2);
	take_interrupts();
	tst_res(TPASS, "one interrupt for each edge");
}

static int serve_level(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	level_count++;
	irr_when_served = get_redirection(PIN) & REDIRECTION_REMOTE_IRR;
	/* The first time, the device is not served: its line stays high. */
	if (level_count == 2)
		kvm_out8(DEVICE_PORT, 0);
	kvm_end_of_interrupt();
	return 0;
}

/* The controller raises the line, and lowers it at a write to DEVICE_PORT. */
GUEST_CASE(level)
{
	begin();
	tst_set_interrupt_callback(VECTOR, serve_level, NULL);
	set_redirection(PIN, VECTOR | REDIRECTION_LEVEL, 0);
	kvm_yield();
	while (level_count < 2) {
		kvm_wait_interrupt();
		kvm_disable_interrupts();
	}
	take_interrupts();
	if (level_count == 2)
		tst_res(TPASS, "a level interrupt comes until its line is low");
	else
		tst_res(TFAIL, "%u interrupts, not 2", level_count);
}

GUEST_CASE(remote_irr)
{
	level();
	if (irr_when_served && !(get_redirection(PIN) & REDIRECTION_REMOTE_IRR))
		tst_res(TPASS, "Remote IRR is set while the interrupt is served");
	else
		tst_res(TFAIL, "Remote IRR is %sset while the interrupt is served, %sset after",
			irr_when_served ? "" : "not ",
			get_redirection(PIN) & REDIRECTION_REMOTE_IRR ? "" : "not ");
}

/* A level interrupt that lowers its line by itself: one each time that the controller asks. */
GUEST_CASE(resampled)
{
	begin();
	handle(VECTOR);
	set_redirection(PIN, VECTOR | REDIRECTION_LEVEL, 0);
	kvm_yield();
	wait_for(VECTOR, 1);
	take_interrupts();
	if (seen[VECTOR] != 1)
		tst_brk(TFAIL, "%u interrupts, not 1", seen[VECTOR]);
	kvm_yield();
	wait_for(VECTOR, 2);
	take_interrupts();
	if (seen[VECTOR] == 2)
		tst_res(TPASS, "one interrupt for each signal");
	else
		tst_res(TFAIL, "%u interrupts, not 2", seen[VECTOR]);
}

/* While the pin is masked, the controller raises the line and leaves it high. */
GUEST_CASE(masked_level)
{
	begin();
	tst_set_interrupt_callback(VECTOR, serve_level, NULL);
	level_count = 1; /* serve the device the first time */
	set_redirection(PIN, VECTOR | REDIRECTION_LEVEL | REDIRECTION_MASKED, 0);
	kvm_yield();
	take_interrupts();
	if (level_count != 1)
		tst_brk(TFAIL, "an interrupt came through a masked pin");
	set_redirection(PIN, VECTOR | REDIRECTION_LEVEL, 0);
	while (level_count < 2) {
		kvm_wait_interrupt();
		kvm_disable_interrupts();
	}
	tst_res(TPASS, "it came when the pin was unmasked");
}

/* While the pin is masked, the controller raises and lowers the line: it is lost. */
GUEST_CASE(masked_edge)
{
	begin();
	handle(VECTOR);
	set_redirection(PIN, VECTOR | REDIRECTION_MASKED, 0);
	kvm_yield();
	set_redirection(PIN, VECTOR, 0);
	take_interrupts();
	if (seen[VECTOR])
		tst_brk(TFAIL, "an edge was remembered by a masked pin");
	kvm_yield();
	wait_for(VECTOR, 1);
	tst_res(TPASS, "the masked edge is lost, the next one is not");
}

/* Waits for an interrupt of the controller's: whatever way it takes. */
GUEST_CASE(one_interrupt)
{
	begin();
	handle(VECTOR);
	handle(OTHER_VECTOR);
	set_redirection(PIN, VECTOR, 0);
	kvm_yield();
	wait_for(VECTOR, 1);
	take_interrupts();
	if (seen[VECTOR] == 1 && !seen[OTHER_VECTOR])
		tst_res(TPASS, "vector %#x came once", VECTOR);
	else
		tst_res(TFAIL, "vector %#x came %u times, %#x %u times", VECTOR, seen[VECTOR],
			OTHER_VECTOR, seen[OTHER_VECTOR]);
}

/* The same interrupt twice, between which the controller has changed its vector. */
GUEST_CASE(rerouted)
{
	begin();
	handle(VECTOR);
	handle(OTHER_VECTOR);
	kvm_yield();
	wait_for(VECTOR, 1);
	kvm_yield();
	wait_for(OTHER_VECTOR, 1);
	take_interrupts();
	if (seen[VECTOR] == 1 && seen[OTHER_VECTOR] == 1)
		tst_res(TPASS, "each vector came once");
	else
		tst_res(TFAIL, "vector %#x came %u times, %#x %u times", VECTOR, seen[VECTOR],
			OTHER_VECTOR, seen[OTHER_VECTOR]);
}

/* CPU 1 is the one that gets it; CPU 0 has interrupts enabled all the time. */
GUEST_CPU(receiver, arg)
{
	kvm_enable_apic();
	/* Flat model, and the second bit is ours: SDM Vol. 3 "Logical Destination Mode". */
	kvm_write_apic(APIC_REG_DFR, 0xffffffff);
	kvm_write_apic(APIC_REG_LDR, 2 << 24);
	ready = 1;
	wait_for(VECTOR, 1);
	tst_res(TPASS, "CPU 1 got the interrupt");
}

static int refuse(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	if (tst_cpu())
		return count(userdata, ifrm, errcode);
	kvm_end_of_interrupt();
	tst_brk(TFAIL, "CPU 0 got the interrupt of CPU 1");
}

static void send_to_second(uint32_t low, unsigned int destination)
{
	begin();
	kvm_write_apic(APIC_REG_DFR, 0xffffffff);
	kvm_write_apic(APIC_REG_LDR, 1 << 24);
	tst_set_interrupt_callback(VECTOR, refuse, (void *)VECTOR);
	while (!ready)
		asm volatile("pause");
	set_redirection(PIN, low, destination);
	kvm_enable_interrupts();
	kvm_out8(DEVICE_PORT, 1);
	tst_join_cpu(1);
}

GUEST_CASE(physical_destination)
{
	send_to_second(VECTOR, 1);
}

GUEST_CASE(logical_destination)
{
	send_to_second(VECTOR | REDIRECTION_LOGICAL, 2);
}

/* Writes that ring, and writes that are near but don't. */
GUEST_CASE(ring_mmio)
{
	begin();
	handle(VECTOR);
	*(volatile uint32_t *)(DOORBELL_ADDRESS + 4) = RING_VALUE;
	*(volatile uint16_t *)DOORBELL_ADDRESS = (uint16_t)RING_VALUE;
	*(volatile uint32_t *)DOORBELL_ADDRESS = RING_VALUE + 1;
	*(volatile uint32_t *)DOORBELL_ADDRESS = RING_VALUE;
	wait_for(VECTOR, 1);
	tst_res(TPASS, "the doorbell rang");
}

GUEST_CASE(ring_pio)
{
	begin();
	handle(VECTOR);
	kvm_out32(DOORBELL_PORT + 4, RING_VALUE);
	kvm_out16(DOORBELL_PORT, (uint16_t)RING_VALUE);
	kvm_out32(DOORBELL_PORT, RING_VALUE + 1);
	kvm_out32(DOORBELL_PORT, RING_VALUE);
	wait_for(VECTOR, 1);
	tst_res(TPASS, "the doorbell rang");
}
