/* SPDX-License-Identifier: MIT */
/*
 * Hyper-V's messages and events: what a guest sends by hypercall through a connection
 * arrives in a page of a CPU's, with an interrupt. TLFS: Hyper-V's "Top Level Functional
 * Specification", chapter 11.
 */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_HYPERV_CONNECTIONS_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_HYPERV_CONNECTIONS_H

#include "suites/kvm_unit_tests/vmm/machine.h"

/** hyperv_exit() - see to a KVM_EXIT_HYPERV */
void hyperv_exit(struct machine *machine, struct engine_vcpu *vcpu);

/**
 * hyperv_connect() - make a connection
 * @machine: the machine
 * @id: the connection's number, which is an event's flag, too
 * @is_event: whether it is for events, or for messages
 * @vcpu: the CPU that gets them
 * @source: the interrupt source of that CPU
 * @line: the interrupt line that is routed there
 */
void hyperv_connect(struct machine *machine, uint32_t id, bool is_event, uint32_t vcpu,
		    uint32_t source, uint32_t line);

/** hyperv_disconnect() - remove the connection, if there is one */
void hyperv_disconnect(uint32_t id, bool is_event);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_HYPERV_CONNECTIONS_H */
