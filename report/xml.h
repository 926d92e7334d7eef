/* SPDX-License-Identifier: MIT */
/* Text in XML and HTML: how it is written, and how a report's parts are found. */
#ifndef RINGSIDE_REPORT_XML_H
#define RINGSIDE_REPORT_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * xml_put() - write text, from anywhere, between tags or in an attribute in double quotes
 * @file: where to
 * @text: any bytes; NULL is an empty text
 *
 * What is special in XML and HTML is escaped. What can't be in them, control characters
 * and what is no UTF-8, becomes U+FFFD.
 */
void xml_put(FILE *file, const char *text);

/** xml_put_part() - as xml_put(), of the first @size bytes at most */
void xml_put_part(FILE *file, const char *text, size_t size);

/**
 * xml_put_attribute() - write an attribute and the blank before it
 *
 * Ends of lines and tabulators become references: readers of XML make blanks of them.
 */
void xml_put_attribute(FILE *file, const char *name, const char *value);

/**
 * xml_part_size() - the size of what begins at @text, which is not empty
 *
 * That is a tag, a CDATA section, or what stands before the next of both. In attributes,
 * ">" has to be escaped, as GoogleTest and xml_put() do.
 */
size_t xml_part_size(const char *text);

/** xml_is_tag() - whether a tag begins at @text, with that name: "case", "/case" */
bool xml_is_tag(const char *text, const char *name);

/** xml_is_empty() - whether a tag of @size bytes has no contents, and so no end of its own */
bool xml_is_empty(const char *tag, size_t size);

/**
 * xml_attribute() - the value of a tag's attribute, as it was before xml_put_attribute()
 * @tag: where the tag begins
 * @name: the attribute's
 *
 * Return: the value, which the caller frees; NULL if there is none, and without memory.
 */
char *xml_attribute(const char *tag, const char *name);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_REPORT_XML_H */
