/* SPDX-License-Identifier: MIT */
/*
 * What a machine offers and a test requires of it. The table is in table.bzl;
 * here are its names, and how a KVM is asked for what it says.
 *
 * The launcher asks the host's, and init that of its own machine.
 */
#ifndef RINGSIDE_MACHINES_CAPABILITIES_CAPABILITIES_H
#define RINGSIDE_MACHINES_CAPABILITIES_CAPABILITIES_H

#include <stdint.h>

/* A set, as bits. */
typedef uint64_t capability_set;

/* A usable /dev/kvm: what every test requires. The table's rows have the other bits. */
#define CAPABILITY_KVM ((capability_set)1)

/* Room for the words of all of them. */
#define CAPABILITY_LIST_SIZE 1024

/**
 * capability_parse() - the bit of a capability's name
 *
 * Return: the bit, or 0 for an unknown name.
 */
capability_set capability_parse(const char *name);

/**
 * capability_list() - a set in words
 * @set: bits
 * @text: where to, at least CAPABILITY_LIST_SIZE bytes
 *
 * Return: @text, such as "SVM, second CPU".
 */
const char *capability_list(capability_set set, char *text);

/**
 * capability_how() - how a capability is found out, in words
 * @capability: one bit
 */
const char *capability_how(capability_set capability);

/**
 * capability_probe() - find out by trying what a KVM offers
 * @kvm: an open /dev/kvm
 * @wanted: which capabilities matter; the others are not looked at
 *
 * Return: those of @wanted that are there.
 */
capability_set capability_probe(int kvm, capability_set wanted);

/* What probe_kvm() found. */
struct probe {
	capability_set provides;
	char problem[256]; /* why there is no usable /dev/kvm; else empty */
};

/**
 * probe_kvm() - capability_probe(), of the /dev/kvm here
 * @wanted: which capabilities matter
 * @probe: to be filled in
 */
void probe_kvm(capability_set wanted, struct probe *probe);

#endif /* RINGSIDE_MACHINES_CAPABILITIES_CAPABILITIES_H */
