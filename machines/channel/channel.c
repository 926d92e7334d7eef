/* SPDX-License-Identifier: MIT */
/* What is a frame and what is not; see channel.h. */
#include "machines/channel/channel.h"

#include <string.h>

/* The data of a type. */
enum content {
	BYTES,
	TEXT, /* maybe with a struct in front of it */
	NUMBER, /* uint32_t, up to a limit; maybe with more behind it */
};

#define BY_HOST (1u << CHANNEL_HOST)
#define BY_MACHINE (1u << CHANNEL_MACHINE)
#define BY_BOTH (BY_HOST | BY_MACHINE)

/* Rules: who, what, least and most bytes, and what a number or a text has beside. */
#define NOTHING(by) {by, BYTES, 0, 0, 0, 0}
#define SOME_BYTES(by) {by, BYTES, 1, CHANNEL_DATA_MAX, 0, 0}
#define EXACTLY(by, type) {by, BYTES, sizeof(type), sizeof(type), 0, 0}
#define NUMBER_UP_TO(by, type, limit) {by, NUMBER, sizeof(type), sizeof(type), limit, 0}
#define TEXT_OF(by, least) {by, TEXT, least, CHANNEL_DATA_MAX, 0, 0}
#define PATH_BEHIND(by, type) {by, TEXT, sizeof(type) + 1, CHANNEL_DATA_MAX, 0, sizeof(type)}

/* Types that are not in here don't exist: nobody may send them. */
static const struct rule {
	unsigned char senders;
	unsigned char content; /* enum content */
	uint32_t least, most; /* bytes of data */
	uint32_t limit; /* of a NUMBER */
	uint32_t struct_size; /* in front of a TEXT */
} rules[] = {
	[CHANNEL_WAKE_UP] = EXACTLY(BY_HOST, struct channel_wake_up),
	[CHANNEL_ARGUMENT] = TEXT_OF(BY_HOST, 0),
	[CHANNEL_ENVIRONMENT] = TEXT_OF(BY_HOST, 0),
	[CHANNEL_DIRECTORY] = TEXT_OF(BY_HOST, 1),
	[CHANNEL_COLLECT] = TEXT_OF(BY_HOST, 1),
	[CHANNEL_LINK] = PATH_BEHIND(BY_HOST, struct channel_link),
	[CHANNEL_MODULE] = TEXT_OF(BY_HOST, 1),
	[CHANNEL_CONNECT] = NUMBER_UP_TO(BY_HOST, struct channel_connect, CHANNEL_TERMINAL),
	[CHANNEL_RUN] = NOTHING(BY_HOST),
	[CHANNEL_INPUT] = SOME_BYTES(BY_HOST),
	[CHANNEL_INPUT_END] = NOTHING(BY_HOST),
	[CHANNEL_WINDOW] = EXACTLY(BY_HOST, struct channel_window),
	[CHANNEL_TIME_OVER] = NOTHING(BY_HOST),
	[CHANNEL_FOLDER] = TEXT_OF(BY_BOTH, 1),
	[CHANNEL_FILE] = PATH_BEHIND(BY_BOTH, struct channel_file),
	[CHANNEL_DATA] = SOME_BYTES(BY_BOTH),
	[CHANNEL_READY] = TEXT_OF(BY_MACHINE, 1),
	[CHANNEL_STAGE] = NUMBER_UP_TO(BY_MACHINE, uint32_t, CHANNEL_COLLECTING),
	[CHANNEL_OUTPUT] = SOME_BYTES(BY_MACHINE),
	[CHANNEL_ERROR] = SOME_BYTES(BY_MACHINE),
	[CHANNEL_NOTE] = TEXT_OF(BY_MACHINE, 1),
	[CHANNEL_DIED] = TEXT_OF(BY_MACHINE, 1),
	/* waitpid() has an exit status in 8 bits, and a signal in 8. */
	[CHANNEL_STATUS] = NUMBER_UP_TO(BY_MACHINE, uint32_t, 0xffff),
};

bool channel_head_is_valid(const struct channel_head *head, enum channel_sender sender)
{
	const struct rule *rule;

	if (head->type >= sizeof(rules) / sizeof(*rules))
		return false;
	rule = &rules[head->type];
	return (rule->senders & (1u << sender)) && head->size >= rule->least &&
	       head->size <= rule->most;
}

bool channel_data_is_valid(struct channel_frame *frame)
{
	const struct rule *rule = &rules[frame->head.type];
	uint32_t number;

	frame->data[frame->head.size] = '\0';
	switch (rule->content) {
	case TEXT:
		return rule->struct_size + strlen(channel_text(frame)) == frame->head.size;
	case NUMBER:
		memcpy(&number, frame->data, sizeof(number));
		return number <= rule->limit;
	default:
		return true;
	}
}

const char *channel_text(const struct channel_frame *frame)
{
	return (const char *)frame->data + rules[frame->head.type].struct_size;
}

/* Bytes of the frame, its head included, as far as that is known. */
static size_t whole(const struct channel_reader *reader)
{
	const size_t head = sizeof(struct channel_head);

	return reader->used < head ? head : head + reader->frame.head.size;
}

int channel_read(struct channel_reader *reader, const unsigned char **data, size_t *size)
{
	if (reader->used == whole(reader))
		reader->used = 0; /* the caller has had that frame */
	while (*size) {
		size_t part = whole(reader) - reader->used;

		if (part > *size)
			part = *size;
		memcpy((unsigned char *)&reader->frame + reader->used, *data, part);
		reader->used += part;
		*data += part;
		*size -= part;
		if (reader->used == sizeof(struct channel_head) &&
		    !channel_head_is_valid(&reader->frame.head, reader->sender))
			return -1;
		if (reader->used == whole(reader))
			return channel_data_is_valid(&reader->frame) ? 1 : -1;
	}
	return 0;
}
