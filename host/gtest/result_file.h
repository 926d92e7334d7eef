/* SPDX-License-Identifier: MIT */
/* GoogleTest's XML file: Bazel's test.xml, or what --gtest_output names. */
#ifndef RINGSIDE_HOST_GTEST_RESULT_FILE_H
#define RINGSIDE_HOST_GTEST_RESULT_FILE_H

#include <string>

namespace ringside
{

/* Its path; empty, if there is none. */
std::string ResultFile();

/*
 * Once it is written: adds which KVM it was (report/properties.h). Returns false if it is
 * cut off, as on a full disk: GoogleTest does not look.
 */
bool FinishResultFile();

} /* namespace ringside */

#endif /* RINGSIDE_HOST_GTEST_RESULT_FILE_H */
