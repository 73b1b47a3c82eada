#include "src/device/dm/stack.h"

#include <fmt/format.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace zonecopy::dm {
namespace {

constexpr int max_depth = 8;  // the kernel allows no loops, but answers may change while they are followed

Error unsuitable(std::string detail) { return Error(EOPNOTSUPP, "resolve device mapper table", std::move(detail)); }

std::string name(dev_t device) { return fmt::format("{}:{}", major(device), minor(device)); }

std::string suspended_text(dev_t device) {
  return fmt::format("the device mapper's device {} is suspended", name(device));
}

struct LinearTarget {
  dev_t below = 0;
  std::uint64_t first_sector = 0;
};

/// Takes a number, and the character after it, off the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text, char after) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool ends_well = end == text.data() + text.size() ? after == '\0' : *end == after;
  if (failure != std::errc() || !ends_well) return std::nullopt;
  text.remove_prefix(std::min<std::size_t>(static_cast<std::size_t>(end - text.data()) + 1, text.size()));
  return number;
}

/// Parses "MAJOR:MINOR FIRST_SECTOR".
std::optional<LinearTarget> parse_linear(std::string_view text) {
  const std::optional<std::uint64_t> major = take_number(text, ':');
  const std::optional<std::uint64_t> minor = major ? take_number(text, ' ') : std::nullopt;
  const std::optional<std::uint64_t> first_sector = minor ? take_number(text, '\0') : std::nullopt;
  if (!first_sector) return std::nullopt;
  return LinearTarget{makedev(static_cast<unsigned>(*major), static_cast<unsigned>(*minor)), *first_sector};
}

/// A run of sectors of a device, and where they are at the top.
struct Run {
  dev_t device = 0;
  std::uint64_t first_sector = 0;
  std::uint64_t sectors = 0;
  std::uint64_t sector_at_top = 0;
};

class Resolution {
 public:
  explicit Resolution(const Questions& questions) : questions_(questions) {}

  Status follow(const Run& run, int depth) {
    if (!questions_.is_device_mapper(run.device)) {
      stack_.segments.push_back({run.sector_at_top, run.sectors, run.device, run.first_sector});
      return {};
    }
    if (depth == max_depth) return unsuitable(fmt::format("device mapper tables {} deep", max_depth));
    const Result<Table> table = table_of(run.device);
    if (!table) return table.error();
    if (table->suspended) return unsuitable(suspended_text(run.device));
    std::uint64_t done_sectors = 0;
    for (const Target& target : table->targets) {
      const std::uint64_t end_sector = std::min(target.first_sector + target.sectors, run.first_sector + run.sectors);
      const std::uint64_t first_sector = std::max(target.first_sector, run.first_sector);
      if (first_sector >= end_sector) continue;
      const Status followed = follow_target(target, first_sector, end_sector - first_sector,
                                            run.sector_at_top + first_sector - run.first_sector, depth);
      if (!followed) return followed;
      done_sectors += end_sector - first_sector;
    }
    if (done_sectors == run.sectors && done_sectors != 0) return {};
    return unsuitable(fmt::format("the device mapper table of {} is shorter than what lies on it", name(run.device)));
  }
  [[nodiscard]] Result<Table> table_of(dev_t device) {
    for (const auto& [known, table] : stack_.tables) {
      if (known == device) return table;
    }
    Result<Table> table = questions_.table_of(device);
    if (table) stack_.tables.emplace_back(device, *table);
    return table;
  }
  [[nodiscard]] Stack take() { return std::move(stack_); }

 private:
  Status follow_target(const Target& target, std::uint64_t first_sector, std::uint64_t sectors,
                       std::uint64_t sector_at_top, int depth) {
    if (target.type != "linear") {
      return unsuitable(fmt::format("the device mapper table is not all linear: target '{}'", target.type));
    }
    const std::optional<LinearTarget> linear = parse_linear(target.parameters);
    if (!linear) return unsuitable(fmt::format("a device mapper target that reads '{}'", target.parameters));
    return follow(Run{linear->below, linear->first_sector + first_sector - target.first_sector, sectors, sector_at_top},
                  depth + 1);
  }

  const Questions& questions_;
  Stack stack_;
};

/// The end of the last line: a device is as long as its table.
std::uint64_t length_sectors(const Table& table) {
  return table.targets.empty() ? 0 : table.targets.back().first_sector + table.targets.back().sectors;
}

}  // namespace

Result<Stack> resolve(dev_t top, const Questions& questions) {
  Resolution resolution(questions);
  const Result<Table> table = resolution.table_of(top);
  if (!table) return table.error();
  const Status followed = resolution.follow(Run{top, 0, length_sectors(*table), 0}, 0);
  if (!followed) return followed.error();
  return resolution.take();
}

Comparison compare(const Stack& stack, const Questions& questions) {
  for (const auto& [device, table] : stack.tables) {
    const Result<Table> now = questions.table_of(device);
    if (!now) return {Change::other, now.error().detail()};
    if (now->targets != table.targets) {
      return {Change::other,
              fmt::format("the device mapper table of {} was changed since it was opened", name(device))};
    }
    if (now->suspended) return {Change::suspended, suspended_text(device)};
  }
  return {};
}

}  // namespace zonecopy::dm
