// Performs operations on a FileSystem over a SimDevice and on the model, and compares the two after each.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/model/operation.h"
#include "tests/model/reference_model.h"
#include "tests/support/core/mounted_file_system.h"
#include "zonecopy/event_loop.h"

namespace zonecopy::test {

/// The model's times are those of its clock, which fit into a number.
[[nodiscard]] inline std::int64_t nanoseconds_of(const zonefs::Timestamp& time) {
  return time.seconds() * 1'000'000'000 + time.nanoseconds();
}

struct HarnessSpec {
  SimSpec device;
  zonefs::SuperBlock super_block;
  zonefs::MountOptions options;
  std::uint64_t seed = 1;
  bool with_faults = false;
  ModelRules rules;
};

/// A device, features and options that are random but the same for a seed.
[[nodiscard]] HarnessSpec make_spec(std::uint64_t seed, zonefs::ErrorsPolicy errors, bool explicit_open,
                                    bool with_faults);

class Harness {
 public:
  using Difference = std::optional<std::string>;

  Harness(EventLoop& loop, const HarnessSpec& spec);
  ~Harness();

  /// Random operations until there is a difference; nothing where there is none.
  Difference run(std::uint64_t operations);
  Difference perform(const Operation& operation);
  /// The next of the operations of run().
  [[nodiscard]] Operation next_operation();
  /// Reads all there is in all files.
  Difference compare_content();

  // For operations that concern several devices.
  /// Before one: time goes on, and what the device did is forgotten.
  void begin();
  /// Attributes, counters and the state of the mount are those of `model`, which is to be this one's.
  [[nodiscard]] Difference compare_state(const ReferenceModel& model) const;
  Difference compare_copy_counters(const zonefs::Counters& before, std::uint64_t bytes, bool in_blocks,
                                   const CopyRoute& route) const;
  void adopt(const ReferenceModel& model) { model_ = model; }
  [[nodiscard]] DeviceSays device_says() const { return {&mounted_.device(), mounted_.device().log()}; }
  /// A file that is open for writing; null where none is.
  [[nodiscard]] zonefs::OpenFile* open_for_writing(Random& random) const;
  [[nodiscard]] bool with_faults() const { return spec_.with_faults; }

  [[nodiscard]] const ReferenceModel& model() const { return model_; }
  [[nodiscard]] SimDevice& device() { return mounted_.device(); }
  [[nodiscard]] zonefs::FileSystem& file_system() { return *mounted_; }
  /// What was done last, for a person to read.
  [[nodiscard]] std::string history() const;

 private:
  struct Handle {
    std::size_t file = 0;
    bool writable = false;
    std::unique_ptr<zonefs::OpenFile> open;
  };
  struct Actual {
    int error = 0;
    std::uint64_t bytes = 0;
  };
  using Apply = std::function<Outcome(ReferenceModel&, Choice)>;

  Difference mount();
  Difference dispatch(const Operation& operation);
  Difference open(std::size_t file, bool for_writing);
  Difference release(std::size_t handle);
  Difference read(const Operation& operation);
  Difference write(const Operation& operation);
  Difference truncate(const Operation& operation);
  Difference change_attributes(const Operation& operation);
  Difference sync(const Operation& operation);
  Difference copy(const Operation& operation);
  Difference remount(const Operation& operation);
  Difference mount_again(const Operation& operation);

  /// Lets the model do the same, under every choice it has, and keeps the one that agrees.
  Difference settle(const Actual& actual, const Apply& apply);
  Difference compare_file(const ReferenceModel& model, std::size_t number) const;
  Difference compare_counters(const ReferenceModel& model) const;
  Difference compare_directories() const;
  void remember(std::string line);

  EventLoop& loop_;
  HarnessSpec spec_;
  MountedFileSystem mounted_;
  ReferenceModel model_;
  OperationGenerator generator_;
  std::vector<Handle> handles_;
  std::deque<std::string> history_;
  std::uint64_t performed_ = 0;
};

}  // namespace zonecopy::test
