// Performs operations on the devices of one mount, each beside a model of its own, and copies and gathers between them.
// After each operation all devices are as their models say: those, too, that had nothing to do with it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/model/harness.h"

namespace zonecopy::test {

struct SeveralSpec {
  std::vector<HarnessSpec> devices;
  std::uint64_t seed = 1;
};

/// Two or three devices that are random but the same for a seed: most have blocks of one size. With faults the device
/// `seed` % count fails, and no other.
[[nodiscard]] SeveralSpec make_several(std::uint64_t seed, std::size_t count, zonefs::ErrorsPolicy errors,
                                       bool with_faults);

class SeveralHarness {
 public:
  using Difference = Harness::Difference;

  SeveralHarness(EventLoop& loop, const SeveralSpec& spec);

  /// Random operations until there is a difference; nothing where there is none.
  Difference run(std::uint64_t operations);
  [[nodiscard]] std::string history() const;
  /// Bytes that were copied from one device to another so far.
  [[nodiscard]] std::uint64_t bytes_across() const { return bytes_across_; }

 private:
  using Models = std::vector<ReferenceModel>;
  struct Place {
    std::size_t device = 0;
    std::size_t file = 0;
    std::uint64_t offset_bytes = 0;
    std::uint64_t length_bytes = 0;
  };
  struct Asked {
    std::vector<Place> pieces;
    std::size_t to = 0;  ///< the device
    std::size_t destination = 0;
    std::optional<std::uint64_t> offset_bytes;
    bool only_offload = false;
    bool background = false;
  };
  /// What was done: the errno, the bytes, and of a gather the piece that is missing.
  struct Actual {
    int error = 0;
    std::uint64_t bytes = 0;
    std::size_t failed = 0;
    std::string reason;  ///< why a gather was not offloaded
  };
  using Apply = std::function<GatherOutcome(Models&, const std::vector<DeviceSays>&, Choice)>;

  Difference step();
  Difference alone(std::size_t device, Operation operation);
  Difference mount_all_again(const Operation& operation);
  Difference copy();
  Difference gather();

  // Choice.
  [[nodiscard]] bool whole_blocks_only(const Asked& asked) const;
  [[nodiscard]] Place choose_piece(std::size_t device, bool whole_blocks, std::uint64_t block_size_bytes);
  void choose_destination(Asked& asked, bool whole_blocks);
  void choose_faults(const Asked& asked);
  Fault choose_fault(bool of_source);

  // Comparison.
  Difference settle(const Asked& asked, const Actual& actual, const Apply& apply);
  Difference compare(const Asked& asked, const Actual& actual, const Apply& apply, Models& models, Choice choice);
  Difference compare_quiet(const std::vector<bool>& involved) const;
  Difference compare_counters(const Asked& asked, const Actual& actual, const Models& before,
                              const zonefs::Counters& counters, const std::vector<zonefs::BytesFrom>& from);
  [[nodiscard]] Difference compare_commands(const Asked& asked, std::uint64_t bytes, const Models& before) const;
  [[nodiscard]] bool in_blocks(const Asked& asked, std::uint64_t bytes, const Models& before) const;
  [[nodiscard]] std::vector<DeviceSays> all_say() const;
  [[nodiscard]] Models models() const;
  [[nodiscard]] std::string name_of(std::size_t device) const { return "sim" + std::to_string(device); }
  void name_devices();
  void begin();
  void remember(std::string line);
  void remember(const char* what, const Asked& asked);

  EventLoop& loop_;
  Random random_;
  std::vector<std::unique_ptr<Harness>> devices_;
  std::deque<std::string> history_;
  std::uint64_t performed_ = 0;
  std::uint64_t bytes_across_ = 0;
};

}  // namespace zonecopy::test
