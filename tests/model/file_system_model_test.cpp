// Random operations on the file system, compared with the model after each.
//
// A failure prints its seed: ZONECOPY_SEED=<seed> repeats it, ZONECOPY_OPERATIONS=<n> makes runs longer or shorter.
#include <gtest/gtest.h>

#include "tests/model/harness.h"
#include "tests/support/loop/loop_test.h"

namespace zonecopy::test {

using zonefs::ErrorsPolicy;

struct ModelCase {
  const char* name;
  ErrorsPolicy errors;
  bool explicit_open;
  bool with_faults;
};

void PrintTo(const ModelCase& model_case, std::ostream* stream) { *stream << model_case.name; }

class FileSystemModel : public LoopTest, public testing::WithParamInterface<ModelCase> {};

TEST_P(FileSystemModel, agrees_with_the_file_system) {
  const ModelCase& chosen = GetParam();
  for (const std::uint64_t seed : seeds(1, 12)) {
    SCOPED_TRACE("ZONECOPY_SEED=" + std::to_string(seed) + " " + chosen.name);
    const Watchdog watchdog(std::string(chosen.name) + " seed " + std::to_string(seed), 120);
    Harness harness(loop(), make_spec(seed, chosen.errors, chosen.explicit_open, chosen.with_faults));
    const Harness::Difference difference = harness.run(operations(200));
    ASSERT_FALSE(difference) << *difference << "\n" << harness.history();
    ASSERT_FALSE(HasFailure()) << harness.history();
  }
}

INSTANTIATE_TEST_SUITE_P(
    cases, FileSystemModel,
    testing::Values(ModelCase{"plain", ErrorsPolicy::remount_ro, false, false},
                    ModelCase{"explicit_open", ErrorsPolicy::remount_ro, true, false},
                    ModelCase{"remount_ro_faults", ErrorsPolicy::remount_ro, false, true},
                    ModelCase{"zone_ro_faults", ErrorsPolicy::zone_ro, false, true},
                    ModelCase{"zone_offline_faults", ErrorsPolicy::zone_offline, false, true},
                    ModelCase{"repair_faults", ErrorsPolicy::repair, false, true},
                    ModelCase{"explicit_open_remount_ro_faults", ErrorsPolicy::remount_ro, true, true},
                    ModelCase{"explicit_open_zone_ro_faults", ErrorsPolicy::zone_ro, true, true},
                    ModelCase{"explicit_open_zone_offline_faults", ErrorsPolicy::zone_offline, true, true},
                    ModelCase{"explicit_open_repair_faults", ErrorsPolicy::repair, true, true}),
    [](const testing::TestParamInfo<ModelCase>& chosen) { return std::string(chosen.param.name); });

}  // namespace zonecopy::test
