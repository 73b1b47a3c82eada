// The count of open and active zones of an image, against counting them anew after each change.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "src/device/image/image_device.h"
#include "tests/support/random.h"
#include "tests/support/seed.h"

namespace zonecopy::image {
namespace {

constexpr std::array all_conditions = {
    ZoneCondition::not_write_pointer, ZoneCondition::empty,  ZoneCondition::implicit_open,
    ZoneCondition::explicit_open,     ZoneCondition::closed, ZoneCondition::full,
    ZoneCondition::read_only,         ZoneCondition::offline};

using Counts = std::array<std::uint32_t, 3>;

Counts counts_of(const ResourceLedger& ledger) {
  return {ledger.use().implicit_open, ledger.use().explicit_open, ledger.use().closed};
}

std::optional<ZoneIndex> oldest_of(const ResourceLedger& ledger) {
  const std::vector<ZoneIndex> zones = ledger.implicit_open();
  return zones.empty() ? std::nullopt : std::optional(zones.front());
}

TEST(ResourceLedger, EveryChangeOfCondition) {
  const auto counts_as = [](ZoneCondition condition, ZoneCondition counted) { return condition == counted ? 1U : 0U; };
  for (const ZoneCondition before : all_conditions) {
    for (const ZoneCondition after : all_conditions) {
      ResourceLedger ledger(ResourceLimits{2, 3});
      ledger.note(7, before);
      ledger.note(7, after);
      ledger.note(7, after);
      const Counts expected = {counts_as(after, ZoneCondition::implicit_open),
                               counts_as(after, ZoneCondition::explicit_open), counts_as(after, ZoneCondition::closed)};
      EXPECT_EQ(counts_of(ledger), expected) << to_string(before) << " to " << to_string(after);
      const bool found = oldest_of(ledger).has_value();
      EXPECT_EQ(found, after == ZoneCondition::implicit_open) << to_string(before) << " to " << to_string(after);
    }
  }
}

TEST(ResourceLedger, WithoutLimitsNothingIsCounted) {
  ResourceLedger ledger(ResourceLimits{0, 0});
  for (ZoneIndex zone = 0; zone < 10; ++zone) ledger.note(zone, ZoneCondition::implicit_open);
  EXPECT_EQ(counts_of(ledger), (Counts{0, 0, 0}));
  EXPECT_FALSE(oldest_of(ledger).has_value());
}

TEST(ResourceLedger, ClosedZonesCountAgainstTheLimitOfActiveZonesOnly) {
  ResourceLedger open_only(ResourceLimits{2, 0});
  ResourceLedger active_only(ResourceLimits{0, 2});
  for (ResourceLedger* const ledger : {&open_only, &active_only}) {
    ledger->note(1, ZoneCondition::explicit_open);
    ledger->note(2, ZoneCondition::implicit_open);
    ledger->note(3, ZoneCondition::closed);
  }
  EXPECT_EQ(counts_of(open_only), (Counts{1, 1, 0}));
  EXPECT_EQ(counts_of(active_only), (Counts{1, 1, 1}));
  EXPECT_EQ(open_only.limits().max_open_zones, 2U);
  EXPECT_EQ(active_only.limits().max_active_zones, 2U);
}

TEST(ResourceLedger, TheOldestIsWhoHasBeenImplicitlyOpenForLongest) {
  ResourceLedger ledger(ResourceLimits{4, 0});
  for (const ZoneIndex zone : {9U, 3U, 5U}) ledger.note(zone, ZoneCondition::implicit_open);
  EXPECT_EQ(oldest_of(ledger), 9U);
  ledger.note(9, ZoneCondition::implicit_open);
  EXPECT_EQ(oldest_of(ledger), 9U) << "a further write does not make it younger";
  ledger.note(9, ZoneCondition::closed);
  EXPECT_EQ(oldest_of(ledger), 3U);
  ledger.note(9, ZoneCondition::implicit_open);
  EXPECT_EQ(oldest_of(ledger), 3U) << "it was closed in between";
  ledger.note(3, ZoneCondition::explicit_open);
  EXPECT_EQ(oldest_of(ledger), 5U);
  ledger.note(5, ZoneCondition::full);
  EXPECT_EQ(oldest_of(ledger), 9U);
  ledger.note(9, ZoneCondition::offline);
  EXPECT_FALSE(oldest_of(ledger).has_value());
}

/// Zones in a row, in the order in which they took the condition they have.
struct Model {
  struct Entry {
    ZoneIndex zone;
    ZoneCondition condition;
  };
  std::vector<Entry> entries;

  void note(ZoneIndex zone, ZoneCondition condition) {
    const auto at = std::find_if(entries.begin(), entries.end(), [zone](const Entry& e) { return e.zone == zone; });
    if (at != entries.end() && at->condition == condition) return;
    if (at != entries.end()) entries.erase(at);
    entries.push_back({zone, condition});
  }
  [[nodiscard]] std::uint32_t count(ZoneCondition condition) const {
    return static_cast<std::uint32_t>(std::count_if(
        entries.begin(), entries.end(), [condition](const Entry& entry) { return entry.condition == condition; }));
  }
  [[nodiscard]] std::optional<ZoneIndex> oldest() const {
    for (const Entry& entry : entries) {
      if (entry.condition == ZoneCondition::implicit_open) return entry.zone;
    }
    return std::nullopt;
  }
};

TEST(ResourceLedger, AgreesWithCountingAnew) {
  test::Random random(test::test_seed());
  ResourceLedger ledger(ResourceLimits{8, 8});
  Model model;
  for (int step = 0; step < 5000; ++step) {
    const auto zone = static_cast<ZoneIndex>(random.below(12));
    const ZoneCondition condition = all_conditions.at(random.below(all_conditions.size()));
    ledger.note(zone, condition);
    model.note(zone, condition);
    const Counts expected = {model.count(ZoneCondition::implicit_open), model.count(ZoneCondition::explicit_open),
                             model.count(ZoneCondition::closed)};
    ASSERT_EQ(counts_of(ledger), expected) << "step " << step;
    ASSERT_EQ(oldest_of(ledger), model.oldest()) << "step " << step;
  }
}

}  // namespace
}  // namespace zonecopy::image
