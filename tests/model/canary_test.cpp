// Proof that the model test can fail: each canary is a model with one rule turned wrong, and a default run of the model
// test has to notice every one of them.
#include <gtest/gtest.h>

#include "tests/model/harness.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::test {

using zonefs::ErrorsPolicy;

struct Canary {
  const char* name;
  bool ModelRules::*rule;
  ErrorsPolicy errors;
  bool with_faults;
};

void PrintTo(const Canary& canary, std::ostream* stream) { *stream << canary.name; }

class CanaryModel : public LoopTest, public testing::WithParamInterface<Canary> {
 protected:
  /// Whether a default run of `seed` ends with a difference.
  bool noticed(std::uint64_t seed, bool with_the_wrong_rule) {
    const Watchdog watchdog(std::string("canary ") + GetParam().name, 120);
    HarnessSpec spec = make_spec(seed, GetParam().errors, false, GetParam().with_faults);
    if (with_the_wrong_rule) spec.rules.*GetParam().rule = false;
    Harness harness(loop(), spec);
    return harness.run(200).has_value();
  }
};

TEST_P(CanaryModel, is_noticed) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    if (!noticed(seed, true)) continue;
    // It counts only if the right model agrees on the same run.
    EXPECT_FALSE(noticed(seed, false)) << "seed " << seed << " fails without the canary as well";
    return;
  }
  FAIL() << "no seed has noticed the wrong rule";
}

INSTANTIATE_TEST_SUITE_P(
    rules, CanaryModel,
    testing::Values(
        Canary{"short_write_at_end", &ModelRules::short_write_at_end, ErrorsPolicy::remount_ro, false},
        Canary{"write_at_write_pointer", &ModelRules::write_at_write_pointer, ErrorsPolicy::remount_ro, false},
        Canary{"copy_at_write_pointer", &ModelRules::copy_at_write_pointer, ErrorsPolicy::remount_ro, false},
        Canary{"count_write_opens", &ModelRules::count_write_opens, ErrorsPolicy::remount_ro, false},
        Canary{"finish_fills", &ModelRules::finish_fills, ErrorsPolicy::remount_ro, false},
        Canary{"copy_clips_to_capacity", &ModelRules::copy_clips_to_capacity, ErrorsPolicy::remount_ro, false},
        Canary{"tail_is_kept", &ModelRules::tail_is_kept, ErrorsPolicy::remount_ro, false},
        Canary{"gap_is_filled", &ModelRules::gap_is_filled, ErrorsPolicy::remount_ro, false},
        Canary{"emptied_gap_is_filled", &ModelRules::emptied_gap_is_filled, ErrorsPolicy::remount_ro, false},
        Canary{"copy_keeps_order", &ModelRules::copy_keeps_order, ErrorsPolicy::remount_ro, false},
        Canary{"zone_ro_keeps_size", &ModelRules::zone_ro_keeps_size, ErrorsPolicy::zone_ro, true},
        Canary{"error_makes_read_only", &ModelRules::error_makes_read_only, ErrorsPolicy::remount_ro, true}),
    [](const testing::TestParamInfo<Canary>& chosen) { return std::string(chosen.param.name); });

}  // namespace zonecopy::test
