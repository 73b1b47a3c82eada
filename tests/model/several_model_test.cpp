// Random operations on two and three devices of one mount, compared with a model of each after every one of them.
//
// A failure prints its seed: ZONECOPY_SEED=<seed> repeats it, ZONECOPY_OPERATIONS=<n> makes runs longer or shorter.
#include <gtest/gtest.h>

#include "tests/model/several_harness.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::test {

using zonefs::ErrorsPolicy;

struct SeveralCase {
  const char* name;
  std::size_t devices;
  ErrorsPolicy errors;
  bool with_faults;
};

void PrintTo(const SeveralCase& several_case, std::ostream* stream) { *stream << several_case.name; }

class SeveralModel : public LoopTest, public testing::WithParamInterface<SeveralCase> {};

TEST_P(SeveralModel, agrees_with_the_mount) {
  const SeveralCase& chosen = GetParam();
  std::uint64_t bytes_across = 0;
  for (const std::uint64_t seed : seeds(1, 8)) {
    SCOPED_TRACE("ZONECOPY_SEED=" + std::to_string(seed) + " " + chosen.name);
    const Watchdog watchdog(std::string(chosen.name) + " seed " + std::to_string(seed), 120);
    SeveralHarness harness(loop(), make_several(seed, chosen.devices, chosen.errors, chosen.with_faults));
    const SeveralHarness::Difference difference = harness.run(operations(200));
    ASSERT_FALSE(difference) << *difference << "\n" << harness.history();
    ASSERT_FALSE(HasFailure()) << harness.history();
    bytes_across += harness.bytes_across();
  }
  if (seeds(1, 8).size() > 1) {  // one seed may have blocks of two sizes
    EXPECT_GT(bytes_across, 0U) << "nothing was copied between devices";
  }
}

INSTANTIATE_TEST_SUITE_P(cases, SeveralModel,
                         testing::Values(SeveralCase{"two", 2, ErrorsPolicy::remount_ro, false},
                                         SeveralCase{"three", 3, ErrorsPolicy::remount_ro, false},
                                         SeveralCase{"two_remount_ro_faults", 2, ErrorsPolicy::remount_ro, true},
                                         SeveralCase{"three_zone_ro_faults", 3, ErrorsPolicy::zone_ro, true},
                                         SeveralCase{"two_zone_offline_faults", 2, ErrorsPolicy::zone_offline, true},
                                         SeveralCase{"three_repair_faults", 3, ErrorsPolicy::repair, true}),
                         [](const testing::TestParamInfo<SeveralCase>& chosen) {
                           return std::string(chosen.param.name);
                         });

/// Proof that the test above can fail: a model with a wrong rule is noticed, and the right one agrees on the same run.
struct SeveralCanary {
  const char* name;
  bool ModelRules::*rule;
  bool with_faults;
};

void PrintTo(const SeveralCanary& canary, std::ostream* stream) { *stream << canary.name; }

class SeveralCanaryModel : public LoopTest, public testing::WithParamInterface<SeveralCanary> {
 protected:
  bool noticed(std::uint64_t seed, bool with_the_wrong_rule) {
    const Watchdog watchdog(std::string("canary ") + GetParam().name, 120);
    SeveralSpec spec = make_several(seed, 2, ErrorsPolicy::zone_ro, GetParam().with_faults);
    for (HarnessSpec& device : spec.devices) device.rules.*GetParam().rule = !with_the_wrong_rule;
    SeveralHarness harness(loop(), spec);
    return harness.run(200).has_value();
  }
};

TEST_P(SeveralCanaryModel, is_noticed) {
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    if (!noticed(seed, true)) continue;
    EXPECT_FALSE(noticed(seed, false)) << "seed " << seed << " fails without the canary as well";
    return;
  }
  FAIL() << "no seed has noticed the wrong rule";
}

INSTANTIATE_TEST_SUITE_P(rules, SeveralCanaryModel,
                         testing::Values(SeveralCanary{"blocks_must_match", &ModelRules::blocks_must_match, false},
                                         SeveralCanary{"source_is_followed", &ModelRules::source_is_followed, false},
                                         SeveralCanary{"errors_stay_apart", &ModelRules::errors_stay_apart, true}),
                         [](const testing::TestParamInfo<SeveralCanary>& chosen) {
                           return std::string(chosen.param.name);
                         });

}  // namespace zonecopy::test
