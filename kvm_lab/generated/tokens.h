/* SPDX-License-Identifier: MIT */
/* A C source as a list of tokens, without comments and preprocessor lines. */
#ifndef RINGSIDE_KVM_LAB_GENERATED_TOKENS_H
#define RINGSIDE_KVM_LAB_GENERATED_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

/* What tokens_match() finds where there is nothing. */
#define NO_TOKEN ((size_t)-1)

enum token_kind {
	TOKEN_WORD, /* an identifier or a keyword */
	TOKEN_NUMBER,
	TOKEN_TEXT, /* a string or a character */
	TOKEN_SIGN, /* an operator or a bracket */
};

struct token {
	enum token_kind kind;
	size_t start; /* offset of its first byte in the source */
	size_t size; /* bytes */
	unsigned int line; /* counted from 1 */
};

struct tokens {
	const char *source; /* NUL-terminated; whoever made the list keeps it */
	struct token *list;
	size_t count;
};

/** tokens_read() - take a source apart; ends the program without memory */
void tokens_read(struct tokens *tokens, const char *source);

/** tokens_free() - free the list */
void tokens_free(struct tokens *tokens);

/** token_is() - whether there is such a token at @index, and it reads @text */
bool token_is(const struct tokens *tokens, size_t index, const char *text);

/** token_is_word() - whether there is an identifier or a keyword at @index */
bool token_is_word(const struct tokens *tokens, size_t index);

/**
 * tokens_match() - find the bracket that closes another
 * @tokens: the source
 * @open: where the bracket is: "(", "[" or "{"
 *
 * Return: the index of the closing one, or NO_TOKEN.
 */
size_t tokens_match(const struct tokens *tokens, size_t open);

#endif /* RINGSIDE_KVM_LAB_GENERATED_TOKENS_H */
