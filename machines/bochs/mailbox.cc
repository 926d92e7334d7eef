// SPDX-License-Identifier: MIT
//
// The mailbox as a device of Bochs. Environment variables, not lines of its
// configuration file, say where things are: that file is part of a saved state.
//
//   RINGSIDE_IN     file descriptor of what the guest reads
//   RINGSIDE_OUT    file descriptor for what it writes; may be the same
//   RINGSIDE_STATE  folder into which the guest may save the machine's state
//
// A state's RAM is the file "ram" of ram.h instead of Bochs' own.
//
// Where one is not set, there is no input, and output is thrown away.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

// Bochs' own, not the one beside this file.
#include <bochs.h>

#include "gui/siminterface.h"
#include "iodev.h"
#include "machines/bochs/mailbox.h"
#include "machines/bochs/ram.h"

namespace
{

// Bochs' own ends: 0 for a machine that was switched off, 1 for a panic.
constexpr int exit_failure = 2;
constexpr int exit_machine_reset = 3;

// Saving a state inside a port write would save the middle of an instruction.
constexpr Bit32u save_delay_usec = 1;

constexpr unsigned any_width = 1 | 2 | 4;
constexpr unsigned dword_only = 4;

[[noreturn]] void end(int status)
{
	// Bochs' log and console; nothing else of it has to be put in order.
	fflush(nullptr);
	_exit(status);
}

[[noreturn]] void fail(const char *what, const char *where)
{
	fprintf(stderr, "mailbox: cannot %s %s: %s\n", what, where, strerror(errno));
	end(exit_failure);
}

int descriptor(const char *variable)
{
	const char *text = getenv(variable);
	if (!text)
		return -1;
	char *end_of_number;
	errno = 0;
	long fd = strtol(text, &end_of_number, 10);
	if (errno || end_of_number == text || *end_of_number || fd < 0 || fd > INT_MAX) {
		fprintf(stderr, "mailbox: %s='%s' is not the number of a file descriptor\n",
			variable, text);
		end(exit_failure);
	}
	return int(fd);
}

class Output
{
public:
	void open(const char *variable)
	{
		variable_ = variable;
		fd_ = descriptor(variable);
	}

	void put(Bit32u value, unsigned length)
	{
		if (size_ + length > sizeof(buffer_))
			flush();
		memcpy(buffer_ + size_, &value, length);
		size_ += length;
	}

	void flush()
	{
		size_t done = 0;
		while (fd_ >= 0 && done < size_) {
			ssize_t n = write(fd_, buffer_ + done, size_ - done);
			if (n < 0 && errno != EINTR)
				fail("write to", variable_);
			if (n > 0)
				done += size_t(n);
		}
		size_ = 0;
	}

private:
	const char *variable_ = nullptr;
	int fd_ = -1;
	size_t size_ = 0;
	unsigned char buffer_[65536];
};

class Input
{
public:
	void open(const char *variable)
	{
		variable_ = variable;
		fd_ = descriptor(variable);
	}

	// The next bytes; behind the input's end, zeros.
	Bit32u get(unsigned length)
	{
		Bit32u value = 0;
		for (unsigned i = 0; i < length; i++) {
			if (next_ == size_ && !refill())
				break;
			value |= Bit32u(buffer_[next_++]) << (8 * i);
		}
		return value;
	}

	// Bytes that get() has without waiting, or MAILBOX_END.
	Bit32u available() const
	{
		size_t buffered = size_ - next_;
		int waiting = 0;
		if (fd_ >= 0 && ioctl(fd_, FIONREAD, &waiting) < 0)
			fail("tell the size of", variable_);
		if (waiting > 0 || buffered > 0)
			return Bit32u(buffered + size_t(waiting));
		// Readable, but without a byte: that is the end.
		struct pollfd readable = {fd_, POLLIN, 0};
		if (fd_ < 0 || poll(&readable, 1, 0) > 0)
			return MAILBOX_END;
		return 0;
	}

private:
	bool refill()
	{
		ssize_t n;
		if (fd_ < 0)
			return false;
		do {
			n = read(fd_, buffer_, sizeof(buffer_));
		} while (n < 0 && errno == EINTR);
		if (n < 0)
			fail("read", variable_);
		next_ = 0;
		size_ = size_t(n);
		return n > 0;
	}

	const char *variable_ = nullptr;
	int fd_ = -1;
	size_t next_ = 0;
	size_t size_ = 0;
	unsigned char buffer_[65536];
};

Input input;
Output output;
int save_timer = BX_NULL_TIMER_HANDLE;
bool has_ports;

bx_shadow_data_c *ram()
{
	bx_param_c *param = SIM->get_param("memory.ram", SIM->get_bochs_root());
	return static_cast<bx_shadow_data_c *>(param);
}

void save(void *)
{
	const char *folder = getenv("RINGSIDE_STATE");
	if (!folder) {
		fprintf(stderr, "mailbox: the guest asks for its state to be saved, but "
				"RINGSIDE_STATE names no folder\n");
		end(exit_failure);
	}
	output.flush();
	if (!SIM->save_state(folder))
		fail("save the state in", folder);
	// Bochs' own file of RAM is as large as RAM. Without it, Bochs leaves
	// RAM as it is when it restores the rest.
	const std::string path = folder;
	bx_shadow_data_c *memory = ram();
	if (unlink((path + "/memory.ram").c_str()) ||
	    !ram_save((path + "/ram").c_str(), memory->getptr(), memory->get_size()))
		fail("save the machine's RAM in", folder);
	end(0);
}

void restore_ram()
{
	const char *folder = SIM->get_param_string(BXPN_RESTORE_PATH)->getptr();
	const std::string path = std::string(folder) + "/ram";
	bx_shadow_data_c *memory = ram();
	if (ram_restore(path.c_str(), memory->getptr(), memory->get_size()))
		return;
	if (errno != EBADMSG)
		fail("restore the machine's RAM from", path.c_str());
	fprintf(stderr,
		"mailbox: %s is damaged, or of a machine with other than %u MiB of RAM; "
		"make the snapshot anew\n",
		path.c_str(), memory->get_size() >> 20);
	end(exit_failure);
}

void command(Bit32u value)
{
	switch (value) {
	case MAILBOX_SAVE:
		bx_pc_system.activate_timer(save_timer, save_delay_usec, false);
		break;
	case MAILBOX_FLUSH:
		output.flush();
	}
}

Bit32u read_port(void *, Bit32u port, unsigned length)
{
	return port == MAILBOX_DATA_PORT ? input.get(length) : input.available();
}

void write_port(void *, Bit32u port, Bit32u value, unsigned length)
{
	if (port == MAILBOX_DATA_PORT)
		output.put(value, length);
	else
		command(value);
}

void take_port(Bit32u port, unsigned widths)
{
	DEV_register_ioread_handler(nullptr, read_port, port, "mailbox", widths);
	DEV_register_iowrite_handler(nullptr, write_port, port, "mailbox", widths);
}

} // namespace

void mailbox_initialize()
{
	input.open("RINGSIDE_IN");
	output.open("RINGSIDE_OUT");
	// Here, so that a saved state and the one restored from it have the
	// same timers.
	save_timer = bx_pc_system.register_timer(nullptr, save, save_delay_usec, false, false,
						 "mailbox");
}

void mailbox_reset(unsigned type)
{
	if (has_ports) {
		output.flush();
		fprintf(stderr, "mailbox: the machine was reset (%s)\n",
			type == BX_RESET_HARDWARE ? "hardware" : "software");
		end(exit_machine_reset);
	}
	has_ports = true;
	if (SIM->get_param_bool(BXPN_RESTORE_FLAG)->get())
		restore_ram();
	take_port(MAILBOX_DATA_PORT, any_width);
	take_port(MAILBOX_CONTROL_PORT, dword_only);
}
