/* SPDX-License-Identifier: MIT */
/* See tokens.h. */
#include "kvm_lab/generated/tokens.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Operators of more than one sign, the longest first. */
static const char *const signs[] = {
	"<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=",
	"&&",  "||",  "+=",  "-=", "*=", "/=", "%=", "&=", "|=", "^=", "##",
};

static void add(struct tokens *tokens, enum token_kind kind, size_t start, size_t size,
		unsigned int line)
{
	/* Grows by powers of two. */
	if (!(tokens->count & (tokens->count - 1))) {
		const size_t room = tokens->count ? 2 * tokens->count : 1;

		tokens->list = realloc(tokens->list, room * sizeof(*tokens->list));
		if (!tokens->list) {
			fputs("error: out of memory\n", stderr);
			exit(1);
		}
	}
	tokens->list[tokens->count++] = (struct token){
		.kind = kind,
		.start = start,
		.size = size,
		.line = line,
	};
}

/* How long a comment is, 0 if none is there. */
static size_t comment_size(const char *text)
{
	const char *end;

	if (!strncmp(text, "//", 2))
		return strcspn(text, "\n");
	if (strncmp(text, "/*", 2))
		return 0;
	end = strstr(text + 2, "*/");
	return end ? (size_t)(end + 2 - text) : strlen(text);
}

/* A line that begins with #, and those that it continues on. */
static size_t directive_size(const char *text)
{
	size_t size = 0;

	while (text[size] && text[size] != '\n') {
		size_t comment = comment_size(text + size);

		if (comment)
			size += comment;
		else
			size += text[size] == '\\' && text[size + 1] ? 2 : 1;
	}
	return size;
}

static size_t quoted_size(const char *text)
{
	size_t size = 1;

	while (text[size] && text[size] != *text)
		size += text[size] == '\\' && text[size + 1] ? 2 : 1;
	return text[size] ? size + 1 : size;
}

static size_t word_size(const char *text)
{
	size_t size = 0;

	while (isalnum((unsigned char)text[size]) || text[size] == '_')
		size++;
	return size;
}

static size_t sign_size(const char *text)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (!strncmp(text, signs[i], strlen(signs[i])))
			return strlen(signs[i]);
	return 1;
}

void tokens_read(struct tokens *tokens, const char *source)
{
	bool line_begins = true;
	unsigned int line = 1;
	size_t size;

	*tokens = (struct tokens){.source = source};
	for (size_t i = 0; source[i]; i += size) {
		const unsigned char c = (unsigned char)source[i];

		if (isspace(c)) {
			line_begins |= c == '\n';
			size = 1;
		} else if (c == '#' && line_begins) {
			size = directive_size(source + i);
		} else if ((size = comment_size(source + i))) {
			/* A directive may follow it on the same line. */
		} else {
			line_begins = false;
			if (isalpha(c) || c == '_') {
				size = word_size(source + i);
				add(tokens, TOKEN_WORD, i, size, line);
			} else if (isdigit(c)) {
				size = word_size(source + i);
				add(tokens, TOKEN_NUMBER, i, size, line);
			} else if (c == '"' || c == '\'') {
				size = quoted_size(source + i);
				add(tokens, TOKEN_TEXT, i, size, line);
			} else {
				size = sign_size(source + i);
				add(tokens, TOKEN_SIGN, i, size, line);
			}
		}
		for (size_t j = i; j < i + size; j++)
			line += source[j] == '\n';
	}
}

void tokens_free(struct tokens *tokens)
{
	free(tokens->list);
	*tokens = (struct tokens){0};
}

bool token_is(const struct tokens *tokens, size_t index, const char *text)
{
	return index < tokens->count && tokens->list[index].size == strlen(text) &&
	       !memcmp(tokens->source + tokens->list[index].start, text, strlen(text));
}

bool token_is_word(const struct tokens *tokens, size_t index)
{
	return index < tokens->count && tokens->list[index].kind == TOKEN_WORD;
}

size_t tokens_match(const struct tokens *tokens, size_t open)
{
	size_t depth = 0;

	for (size_t i = open; i < tokens->count; i++) {
		if (token_is(tokens, i, "(") || token_is(tokens, i, "[") ||
		    token_is(tokens, i, "{"))
			depth++;
		else if (token_is(tokens, i, ")") || token_is(tokens, i, "]") ||
			 token_is(tokens, i, "}"))
			depth--;
		if (!depth)
			return i;
	}
	return NO_TOKEN;
}
