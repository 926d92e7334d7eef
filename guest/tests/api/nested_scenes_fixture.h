// SPDX-License-Identifier: MIT
// A payload that plays the scenes of nested_scenes.h.
#ifndef RINGSIDE_GUEST_TESTS_API_NESTED_SCENES_FIXTURE_H
#define RINGSIDE_GUEST_TESTS_API_NESTED_SCENES_FIXTURE_H

#include "nested_scenes.h"
#include "ringside/kvm_gtest.h"

class NestedScenes : public ringside::KvmTest
{
protected:
	std::vector<ringside::Result> Play(nested_scene scene)
	{
		auto *page = static_cast<volatile uint32_t *>(
			tst_kvm_alloc_memory(vm(), SCENE_SLOT, SCENE_ADDRESS, sizeof(uint32_t), 0));

		*page = scene;
		return ringside::RunAndCollect(vm());
	}

	void ExpectEnd(nested_scene scene, int type, const std::string &text)
	{
		EXPECT_THAT(Play(scene), ::testing::ElementsAre(ringside::ResultIs(
						 type, ::testing::HasSubstr(text))));
	}

	// An exception of a nested guest is reported like one of the payload.
	void ExpectException(const char *payload)
	{
		const auto results = Play(SCENE_EXCEPTION);

		ASSERT_THAT(results,
			    ::testing::ElementsAre(ringside::ResultIs(
				    TBROK,
				    ::testing::AllOf(
					    ::testing::StartsWith("Invalid opcode (interrupt 6)"),
					    ::testing::HasSubstr("raise_bad_opcode")))));
		EXPECT_EQ(results[0].file, payload);
		EXPECT_GT(results[0].line, 0);
	}
};

#endif // RINGSIDE_GUEST_TESTS_API_NESTED_SCENES_FIXTURE_H
