# SPDX-License-Identifier: MIT
# As ./configure of kvm-unit-tests leaves it, in a tree of our own.
SRCDIR=.
ARCH=x86_64
