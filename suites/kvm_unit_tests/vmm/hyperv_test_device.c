/* SPDX-License-Identifier: MIT */
/* See hyperv_test_device.h. KVM API, KVM_SET_GSI_ROUTING: KVM_IRQ_ROUTING_HV_SINT. */
#include "suites/kvm_unit_tests/vmm/hyperv_test_device.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "suites/kvm_unit_tests/vmm/hyperv_connections.h"
#include "suites/kvm_unit_tests/vmm/verdict.h"

#define ROUTE_CREATE 1
#define ROUTE_DESTROY 2
#define ROUTE_RAISE 3
#define MESSAGES_CONNECT 4
#define MESSAGES_DISCONNECT 5
#define EVENTS_CONNECT 6
#define EVENTS_DISCONNECT 7

/* The interrupt controllers' lines, as KVM has routed them at first. */
#define PIC_PINS 8
#define IOAPIC_PINS 24
#define USUAL_ROUTES (IOAPIC_PINS + 2 * PIC_PINS)

/* Behind them: a line for each source of each CPU that has a route. */
#define ROUTES_MAX 128

struct route {
	bool is_used;
	uint32_t vcpu, source;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct route routes[ROUTES_MAX];

static struct kvm_irq_routing_entry usual(uint32_t line, uint32_t chip, uint32_t pin)
{
	return (struct kvm_irq_routing_entry){
		.gsi = line,
		.type = KVM_IRQ_ROUTING_IRQCHIP,
		.u.irqchip = {.irqchip = chip, .pin = pin},
	};
}

static void set_routes(struct machine *machine)
{
	struct kvm_irq_routing *table;
	uint32_t count = 0;

	table = calloc(1, sizeof(*table) + (USUAL_ROUTES + ROUTES_MAX) * sizeof(table->entries[0]));
	if (!table)
		give_up("out of memory");
	for (uint32_t pin = 0; pin < PIC_PINS; pin++) {
		table->entries[count++] = usual(pin, KVM_IRQCHIP_PIC_MASTER, pin);
		table->entries[count++] = usual(PIC_PINS + pin, KVM_IRQCHIP_PIC_SLAVE, pin);
	}
	for (uint32_t pin = 0; pin < IOAPIC_PINS; pin++)
		table->entries[count++] = usual(pin, KVM_IRQCHIP_IOAPIC, pin);
	for (uint32_t i = 0; i < ROUTES_MAX; i++)
		if (routes[i].is_used)
			table->entries[count++] = (struct kvm_irq_routing_entry){
				.gsi = IOAPIC_PINS + i,
				.type = KVM_IRQ_ROUTING_HV_SINT,
				.u.hv_sint = {.vcpu = routes[i].vcpu, .sint = routes[i].source},
			};
	table->nr = count;
	if (engine_ioctl(machine->vm->fd, KVM_SET_GSI_ROUTING, table))
		give_up("KVM refuses a route to an interrupt source of Hyper-V's: %s",
			strerror(errno));
	free(table);
}

/* The route of that source, or a free one; NULL if neither is there. */
static struct route *find(uint32_t vcpu, uint32_t source, bool is_used)
{
	for (size_t i = 0; i < ROUTES_MAX; i++) {
		struct route *route = &routes[i];

		if (route->is_used != is_used)
			continue;
		if (!is_used || (route->vcpu == vcpu && route->source == source))
			return route;
	}
	return NULL;
}

static uint32_t line_of(const struct route *route)
{
	return IOAPIC_PINS + (uint32_t)(route - routes);
}

static void raise_source(struct machine *machine, const struct route *route)
{
	struct engine_error error;

	if (!engine_irq_line(machine->vm, line_of(route), 1, &error))
		give_up("%s", error.text);
}

static struct route *make_route(struct machine *machine, uint32_t vcpu, uint32_t source)
{
	struct route *route = find(vcpu, source, true);

	if (route)
		return route;
	route = find(vcpu, source, false);
	if (!route)
		give_up("the image wants more than %d routes to Hyper-V's interrupts", ROUTES_MAX);
	*route = (struct route){.is_used = true, .vcpu = vcpu, .source = source};
	set_routes(machine);
	return route;
}

static void command(struct machine *machine, uint32_t what, uint32_t connection, uint32_t vcpu,
		    uint32_t source)
{
	struct route *route = find(vcpu, source, true);

	switch (what) {
	case ROUTE_CREATE:
		make_route(machine, vcpu, source);
		break;
	case ROUTE_DESTROY:
		if (route) {
			route->is_used = false;
			set_routes(machine);
		}
		break;
	case ROUTE_RAISE:
		if (route)
			raise_source(machine, route);
		break;
	case MESSAGES_CONNECT:
	case EVENTS_CONNECT:
		route = make_route(machine, vcpu, source);
		hyperv_connect(machine, connection, what == EVENTS_CONNECT, vcpu, source,
			       line_of(route));
		break;
	case MESSAGES_DISCONNECT:
	case EVENTS_DISCONNECT:
		hyperv_disconnect(connection, what == EVENTS_DISCONNECT);
		break;
	default:
		say("hyperv-testdev is asked for its command %u, which there is not here", what);
	}
}

void answer_hyperv_test(struct access *access)
{
	uint32_t value = (uint32_t)access->value;

	if (!access->is_write) {
		access->value = ~0ull;
		return;
	}
	pthread_mutex_lock(&lock);
	command(access->machine, value >> 16 & 0xff, value >> 24, value >> 8 & 0xff, value & 0xff);
	pthread_mutex_unlock(&lock);
}
