/* SPDX-License-Identifier: MIT */
/* See sites.h. */
#include "kvm_lab/generated/sites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const operator_names[OPERATORS] = {
	[DROP_CHECK] = "drop_check",	     [NEGATE] = "negate",
	[DROP_STATEMENT] = "drop_statement", [BOUNDARY] = "boundary",
	[OFF_BY_ONE] = "off_by_one",
};

/* A statement that begins with one of these is no assignment and no call. */
static const char *const keywords[] = {
	"if",	  "else",   "for",	"while",    "do",     "switch",	  "case",     "default",
	"return", "goto",   "break",	"continue", "asm",    "struct",	  "union",    "enum",
	"static", "const",  "unsigned", "signed",   "int",    "long",	  "char",     "void",
	"bool",	  "sizeof", "typeof",	"__asm__",  "extern", "register", "volatile",
};

/* Calls whose absence no test can see; a * stands for any ending. */
static const char *const invisible[] = {
	"ASSERT",	  "BUG",	"BUG_ON",      "BUILD_BUG_ON*", "KVM_BUG*",
	"KVM_MMU_WARN*",  "MMU_WARN*",	"WARN*",       "__kvm_debug*",	"cond_resched*",
	"dev_*",	  "kvm_debug*", "kvm_pr_*",    "lockdep*",	"might_*",
	"pgprintk",	  "pr_*",	"prefetch*",   "print*",	"rmap_printk",
	"trace_*",	  "unused*",	"vcpu_debug*", "vcpu_unimpl",	"rcu_dereference*",
	"kvm_mmu_audit*",
};

/* Statements that leave what comes after a check. */
static const char *const jumps[] = {"return", "goto", "continue", "break"};

/* What stands behind the first word of an assignment or a call. */
static const char *const statement_signs[] = {
	"(",  "=",  "->", ".",	"[",  "++", "--",  "+=",
	"-=", "*=", "/=", "|=", "&=", "^=", "<<=", ">>=",
};

static const struct {
	const char *from, *to;
} boundaries[] = {{"<", "<="}, {"<=", "<"}, {">", ">="}, {">=", ">"}};

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

struct search {
	const struct tokens *tokens;
	struct sites *sites;
	char *function;
};

static void *check(void *memory)
{
	if (!memory) {
		fputs("error: out of memory\n", stderr);
		exit(1);
	}
	return memory;
}

static bool is_one_of(const struct tokens *tokens, size_t index, const char *const *words,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (token_is(tokens, index, words[i]))
			return true;
	return false;
}

/* @pattern may end with a *. */
static bool fits(const char *name, size_t size, const char *pattern)
{
	const size_t length = strlen(pattern);

	if (length && pattern[length - 1] == '*')
		return size >= length - 1 && !memcmp(name, pattern, length - 1);
	return size == length && !memcmp(name, pattern, length);
}

static bool is_invisible(const struct tokens *tokens, size_t index)
{
	const struct token *token = &tokens->list[index];

	for (size_t i = 0; i < LENGTH(invisible); i++)
		if (fits(tokens->source + token->start, token->size, invisible[i]))
			return true;
	return false;
}

static bool has_word_part(const struct tokens *tokens, size_t index, const char *part)
{
	const struct token *token = &tokens->list[index];
	char *word = check(strndup(tokens->source + token->start, token->size));
	const bool found = strstr(word, part);

	free(word);
	return found;
}

/* The first offset behind a token. */
static size_t end_of(const struct tokens *tokens, size_t index)
{
	return tokens->list[index].start + tokens->list[index].size;
}

/* From the first of two tokens to the last. */
static void add(struct search *search, enum fault_operator kind, size_t first, size_t last,
		char *replacement)
{
	const struct tokens *tokens = search->tokens;
	struct sites *sites = search->sites;

	sites->list = check(realloc(sites->list, (sites->count + 1) * sizeof(*sites->list)));
	sites->list[sites->count++] = (struct site){
		.kind = kind,
		.start = tokens->list[first].start,
		.size = end_of(tokens, last) - tokens->list[first].start,
		.line = tokens->list[first].line,
		.replacement = check(replacement),
		.function = check(strdup(search->function)),
	};
}

/* Lines behind a fault keep their numbers: warnings name them. */
static char *only_lines(const struct tokens *tokens, size_t first, size_t last)
{
	const unsigned int count = tokens->list[last].line - tokens->list[first].line;
	char *text = check(malloc(count + 2));

	memset(text, '\n', count);
	memcpy(text + count, ";", 2);
	return text;
}

/* The last token of the statement that begins at @first; NO_TOKEN if it is a block or an if. */
static size_t statement_end(const struct tokens *tokens, size_t first)
{
	for (size_t i = first; i < tokens->count; i++) {
		if (token_is(tokens, i, ";"))
			return i;
		if (token_is(tokens, i, "{") || token_is(tokens, i, "}"))
			return NO_TOKEN;
		if (token_is(tokens, i, "(") || token_is(tokens, i, "["))
			i = tokens_match(tokens, i);
		if (i == NO_TOKEN)
			return NO_TOKEN;
	}
	return NO_TOKEN;
}

/* Whether the body of an if ends with leaving: what it checks for goes another way. */
static bool leaves(const struct tokens *tokens, size_t body)
{
	size_t last = body;

	if (token_is(tokens, body, "{")) {
		const size_t end = tokens_match(tokens, body);

		if (end == NO_TOKEN || end < 2 || !token_is(tokens, end - 1, ";"))
			return false;
		last = end - 1;
		while (last > body && !token_is(tokens, last - 1, ";") &&
		       !token_is(tokens, last - 1, "{") && !token_is(tokens, last - 1, "}"))
			last--;
	}
	return is_one_of(tokens, last, jumps, LENGTH(jumps));
}

/* What its authors say never happens can't be tested for. */
static bool is_assertion(const struct tokens *tokens, size_t open, size_t close)
{
	size_t first = open + 1;

	if (token_is(tokens, first, "unlikely"))
		return is_assertion(tokens, first + 1, close - 1);
	return token_is_word(tokens, first) && is_invisible(tokens, first) &&
	       tokens_match(tokens, first + 1) == close - 1;
}

static void take_if(struct search *search, size_t index)
{
	const struct tokens *tokens = search->tokens;
	const size_t open = index + 1;
	const size_t close = token_is(tokens, open, "(") ? tokens_match(tokens, open) : NO_TOKEN;
	const char *condition;
	char *text;
	int size;

	if (close == NO_TOKEN)
		return;
	condition = tokens->source + tokens->list[open].start;
	size = (int)(end_of(tokens, close) - tokens->list[open].start);
	if (leaves(tokens, close + 1) && !is_assertion(tokens, open, close)) {
		if (asprintf(&text, "(%.*s && 0)", size, condition) < 0)
			text = NULL;
		add(search, DROP_CHECK, open, close, text);
	}
	if (asprintf(&text, "(!%.*s)", size, condition) < 0)
		text = NULL;
	add(search, NEGATE, open, close, text);
}

static bool is_visible(const struct tokens *tokens, size_t first, size_t last)
{
	if (is_invisible(tokens, first) || has_word_part(tokens, first, "for_each"))
		return false;
	/* Counters for people: "++vcpu->stat.exits". */
	for (size_t i = first; i < last; i++)
		if (token_is(tokens, i, "stat") && i &&
		    (token_is(tokens, i - 1, "->") || token_is(tokens, i - 1, ".")))
			return false;
	return true;
}

/* Whether a statement can begin at @index, which is in a function. */
static bool begins_statement(const struct tokens *tokens, size_t index, bool after_head)
{
	return after_head || token_is(tokens, index - 1, ";") || token_is(tokens, index - 1, "{") ||
	       token_is(tokens, index - 1, "}") || token_is(tokens, index - 1, "else");
}

static void take_statement(struct search *search, size_t index)
{
	const struct tokens *tokens = search->tokens;
	size_t first = index, last;

	while (token_is(tokens, first, "*") || token_is(tokens, first, "++") ||
	       token_is(tokens, first, "--"))
		first++;
	if (!token_is_word(tokens, first) || is_one_of(tokens, first, keywords, LENGTH(keywords)) ||
	    (first == index &&
	     !is_one_of(tokens, first + 1, statement_signs, LENGTH(statement_signs))))
		return;
	last = statement_end(tokens, index);
	if (last == NO_TOKEN || !is_visible(tokens, first, last))
		return;
	add(search, DROP_STATEMENT, index, last, only_lines(tokens, index, last));
}

static void take_sign(struct search *search, size_t index)
{
	const struct tokens *tokens = search->tokens;
	const bool is_sum = token_is(tokens, index, "+") || token_is(tokens, index, "-");
	const bool has_left =
		index && (tokens->list[index - 1].kind != TOKEN_SIGN ||
			  token_is(tokens, index - 1, ")") || token_is(tokens, index - 1, "]"));

	for (size_t i = 0; i < LENGTH(boundaries); i++)
		if (token_is(tokens, index, boundaries[i].from))
			add(search, BOUNDARY, index, index, strdup(boundaries[i].to));
	if (is_sum && has_left && !token_is(tokens, index - 1, "return") &&
	    token_is(tokens, index + 1, "1"))
		add(search, OFF_BY_ONE, index + 1, index + 1, strdup("0"));
}

/* The body of a function, from its brace to the last one. */
static void search_body(struct search *search, size_t open, size_t close)
{
	const struct tokens *tokens = search->tokens;
	size_t head_end = NO_TOKEN; /* the bracket that closes the head of an if or a loop */
	size_t skip_until = open;

	for (size_t i = open + 1; i < close; i++) {
		/* What an assertion says is no more than that. */
		if (i > skip_until && token_is_word(tokens, i) && is_invisible(tokens, i) &&
		    token_is(tokens, i + 1, "("))
			skip_until = tokens_match(tokens, i + 1);
		if (begins_statement(tokens, i, i - 1 == head_end))
			take_statement(search, i);
		if ((token_is(tokens, i, "if") || token_is(tokens, i, "while") ||
		     token_is(tokens, i, "for") || token_is(tokens, i, "switch")) &&
		    token_is(tokens, i + 1, "("))
			head_end = tokens_match(tokens, i + 1);
		if (token_is(tokens, i, "if"))
			take_if(search, i);
		if (i > skip_until)
			take_sign(search, i);
	}
}

/* The name of the function whose body opens at @brace; NO_TOKEN if it is none. */
static size_t function_name(const struct tokens *tokens, size_t brace)
{
	size_t depth = 0;

	if (!brace || !token_is(tokens, brace - 1, ")"))
		return NO_TOKEN;
	for (size_t i = brace; i-- > 0;) {
		depth += token_is(tokens, i, ")");
		depth -= token_is(tokens, i, "(");
		if (!depth && token_is(tokens, i, "("))
			return i && token_is_word(tokens, i - 1) ? i - 1 : NO_TOKEN;
	}
	return NO_TOKEN;
}

static bool is_wanted(const char *name, const char *const *functions)
{
	for (size_t i = 0; functions[i]; i++)
		if (fits(name, strlen(name), functions[i]))
			return true;
	return !*functions;
}

void sites_find(struct sites *sites, const struct tokens *tokens, const char *const *functions)
{
	struct search search = {.tokens = tokens, .sites = sites};

	*sites = (struct sites){0};
	for (size_t i = 0; i < tokens->count; i++) {
		size_t name, close;

		if (!token_is(tokens, i, "{"))
			continue;
		name = function_name(tokens, i);
		close = tokens_match(tokens, i);
		if (close == NO_TOKEN)
			return;
		if (name != NO_TOKEN) {
			search.function = check(strndup(tokens->source + tokens->list[name].start,
							tokens->list[name].size));
			if (is_wanted(search.function, functions))
				search_body(&search, i, close);
			free(search.function);
		}
		i = close;
	}
}

void sites_free(struct sites *sites)
{
	for (size_t i = 0; i < sites->count; i++) {
		free(sites->list[i].replacement);
		free(sites->list[i].function);
	}
	free(sites->list);
	*sites = (struct sites){0};
}
