/* SPDX-License-Identifier: MIT */
/* See hyperv_connections.h. */
#include "suites/kvm_unit_tests/vmm/hyperv_connections.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "suites/kvm_unit_tests/vmm/verdict.h"

/* TLFS, 3.7: a hypercall's number, and whether its parameter is in a register. */
#define CALL_MASK 0xffffu
#define CALL_FAST (1u << 16)
#define CALL_POST_MESSAGE 0x5c
#define CALL_SIGNAL_EVENT 0x5d

/* TLFS, Appendix B. */
#define STATUS_SUCCESS 0x0
#define STATUS_INVALID_CODE 0x2
#define STATUS_INVALID_INPUT 0x3
#define STATUS_INVALID_ALIGNMENT 0x4
#define STATUS_INVALID_CONNECTION 0x12
#define STATUS_NO_BUFFERS 0x13

#define CONNECTION_MASK 0xffffffu

/* TLFS, 11.8: SIMP and SIEFP, whose bit 0 says that the page is there. */
#define PAGE_ENABLED 1ull
#define PAGE_MASK 0xfffffffffffff000ull
#define SLOT_SIZE 256

/* TLFS, 11.8.4: a message in its slot. */
struct message {
	uint32_t type; /* 0: the slot is free */
	uint8_t size;
	uint8_t flags;
	uint8_t reserved[2];
	uint64_t sender;
	uint8_t payload[240];
};

#define MESSAGE_PENDING 1 /* another one waits for the slot */

/* What is given to CALL_POST_MESSAGE. */
struct post {
	uint32_t connection, reserved, type, size;
	uint8_t payload[240];
};

struct connection {
	bool is_used, is_event;
	uint32_t id, vcpu, source, line;
	int raise, end_of_message; /* eventfds: the interrupt, and that its message is gone */
	bool is_waiting; /* for the slot */
	struct message waiting;
	struct machine *machine;
};

#define CONNECTIONS_MAX 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct connection connections[CONNECTIONS_MAX]; /* each for one: threads have them */
static size_t connection_count;
static struct {
	uint64_t messages, events; /* the MSRs */
} pages[KVM_MAX_CPUS];

static struct connection *find(uint32_t id, bool is_event)
{
	for (size_t i = 0; i < connection_count; i++)
		if (connections[i].is_used && connections[i].id == id &&
		    connections[i].is_event == is_event)
			return &connections[i];
	return NULL;
}

/* The slot of the connection's source in a page of its CPU's, or NULL. */
static void *slot(const struct connection *connection, uint64_t page)
{
	unsigned char *host;

	if (!(page & PAGE_ENABLED))
		return NULL;
	host = engine_at(connection->machine->vm, page & PAGE_MASK);
	return host ? host + (size_t)connection->source * SLOT_SIZE : NULL;
}

static void raise_interrupt(const struct connection *connection)
{
	const uint64_t one = 1;

	if (write(connection->raise, &one, sizeof(one)) != sizeof(one))
		give_up("an interrupt of Hyper-V's can't be raised: %s", strerror(errno));
}

/* Puts the waiting message into its slot, or says there that it waits. */
static void deliver(struct connection *connection)
{
	struct message *message = slot(connection, pages[connection->vcpu].messages);

	if (!message)
		return;
	if (__atomic_load_n(&message->type, __ATOMIC_ACQUIRE)) {
		__atomic_fetch_or(&message->flags, MESSAGE_PENDING, __ATOMIC_SEQ_CST);
		/* The guest may have taken the message before it could see that. */
		if (__atomic_load_n(&message->type, __ATOMIC_SEQ_CST))
			return;
	}
	memcpy(&message->size, &connection->waiting.size,
	       sizeof(*message) - offsetof(struct message, size));
	__atomic_store_n(&message->type, connection->waiting.type, __ATOMIC_RELEASE);
	connection->is_waiting = false;
	raise_interrupt(connection);
}

static uint64_t post_message(struct machine *machine, uint64_t address)
{
	struct connection *connection;
	struct post post;

	if (address % 8)
		return STATUS_INVALID_ALIGNMENT;
	if (address / 4096 != (address + sizeof(post) - 1) / 4096 ||
	    !engine_read(machine->vm, address, &post, sizeof(post)) ||
	    post.size > sizeof(post.payload))
		return STATUS_INVALID_INPUT;
	connection = find(post.connection & CONNECTION_MASK, false);
	if (!connection)
		return STATUS_INVALID_CONNECTION;
	if (connection->is_waiting)
		return STATUS_NO_BUFFERS;
	connection->waiting = (struct message){
		.type = post.type,
		.size = (uint8_t)post.size,
		.sender = post.connection,
	};
	memcpy(connection->waiting.payload, post.payload, post.size);
	connection->is_waiting = true;
	deliver(connection);
	return STATUS_SUCCESS;
}

static uint64_t signal_event(struct machine *machine, uint64_t parameter, bool is_fast)
{
	struct connection *connection;
	uint8_t *flags, bit;

	if (!is_fast &&
	    (parameter % 8 || !engine_read(machine->vm, parameter, &parameter, sizeof(parameter))))
		return parameter % 8 ? STATUS_INVALID_ALIGNMENT : STATUS_INVALID_INPUT;
	connection = find((uint32_t)parameter & CONNECTION_MASK, true);
	if (!connection)
		return STATUS_INVALID_CONNECTION;
	flags = slot(connection, pages[connection->vcpu].events);
	bit = (uint8_t)(1u << connection->id % 8);
	if (flags && !(__atomic_fetch_or(&flags[connection->id / 8], bit, __ATOMIC_SEQ_CST) & bit))
		raise_interrupt(connection);
	return STATUS_SUCCESS;
}

static uint64_t call(struct machine *machine, uint64_t input, uint64_t parameter)
{
	switch (input & CALL_MASK) {
	case CALL_POST_MESSAGE:
		return input & CALL_FAST ? STATUS_INVALID_CODE : post_message(machine, parameter);
	case CALL_SIGNAL_EVENT:
		return signal_event(machine, parameter, input & CALL_FAST);
	}
	return STATUS_INVALID_CODE;
}

void hyperv_exit(struct machine *machine, struct engine_vcpu *vcpu)
{
	struct kvm_hyperv_exit *exit = &vcpu->run->hyperv;

	pthread_mutex_lock(&lock);
	if (exit->type == KVM_EXIT_HYPERV_SYNIC) {
		pages[vcpu->index].messages = exit->u.synic.msg_page;
		pages[vcpu->index].events = exit->u.synic.evt_page;
	} else if (exit->type == KVM_EXIT_HYPERV_HCALL) {
		exit->u.hcall.result = call(machine, exit->u.hcall.input, exit->u.hcall.params[0]);
	}
	pthread_mutex_unlock(&lock);
}

/* A guest that has taken a message and found that another one waits tells KVM so. */
static void *await_end_of_message(void *context)
{
	struct connection *connection = context;
	uint64_t count;
	bool goes_on = true;

	while (goes_on && read(connection->end_of_message, &count, sizeof(count)) > 0) {
		pthread_mutex_lock(&lock);
		goes_on = connection->is_used;
		if (goes_on && connection->is_waiting)
			deliver(connection);
		pthread_mutex_unlock(&lock);
	}
	close(connection->end_of_message);
	return NULL;
}

static void set_irqfd(const struct connection *connection, uint32_t flags)
{
	const struct kvm_irqfd irqfd = {
		.fd = (uint32_t)connection->raise,
		.gsi = connection->line,
		.flags = KVM_IRQFD_FLAG_RESAMPLE | flags,
		.resamplefd = (uint32_t)connection->end_of_message,
	};

	if (engine_ioctl(connection->machine->vm->fd, KVM_IRQFD, (void *)&irqfd))
		give_up("ioctl(KVM_IRQFD) for an interrupt source of Hyper-V's: %s",
			strerror(errno));
}

void hyperv_connect(struct machine *machine, uint32_t id, bool is_event, uint32_t vcpu,
		    uint32_t source, uint32_t line)
{
	struct connection *connection = NULL;
	pthread_t thread;

	pthread_mutex_lock(&lock);
	if (connection_count < CONNECTIONS_MAX)
		connection = &connections[connection_count++];
	if (!connection || vcpu >= KVM_MAX_CPUS || source >= 4096 / SLOT_SIZE)
		give_up("the image wants a connection of Hyper-V's to source %u of CPU %u; 16 "
			"sources and %d connections are the most",
			source, vcpu, CONNECTIONS_MAX);
	*connection = (struct connection){
		.is_used = true,
		.is_event = is_event,
		.id = id,
		.vcpu = vcpu,
		.source = source,
		.line = line,
		.raise = eventfd(0, EFD_CLOEXEC),
		.end_of_message = eventfd(0, EFD_CLOEXEC),
		.machine = machine,
	};
	set_irqfd(connection, 0);
	if (pthread_create(&thread, NULL, await_end_of_message, connection) ||
	    pthread_detach(thread))
		give_up("no thread for a connection of Hyper-V's");
	pthread_mutex_unlock(&lock);
}

void hyperv_disconnect(uint32_t id, bool is_event)
{
	const uint64_t one = 1;
	struct connection *connection;

	pthread_mutex_lock(&lock);
	connection = find(id, is_event);
	if (connection) {
		set_irqfd(connection, KVM_IRQFD_FLAG_DEASSIGN);
		connection->is_used = false;
		close(connection->raise);
		/* Its thread ends. */
		if (write(connection->end_of_message, &one, sizeof(one)) != sizeof(one))
			give_up("a connection of Hyper-V's can't be ended: %s", strerror(errno));
	}
	pthread_mutex_unlock(&lock);
}
