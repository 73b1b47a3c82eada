// One operation of the model test, and how they are chosen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/model/reference_model.h"
#include "tests/support/device/sim_device.h"
#include "tests/support/random.h"

namespace zonecopy::test {

enum class Action : std::uint8_t {
  open_to_read,
  open_to_write,
  release,
  read,
  write,
  truncate,
  attributes,
  sync,
  copy,
  remount,
  mount_again,
};
inline constexpr std::size_t action_kinds = 11;

struct Operation {
  Action action = Action::read;
  std::size_t handle = 0;  ///< of release, read, write, truncate through an open
  std::size_t file = 0;    ///< of all others; the destination of a copy
  std::uint64_t offset_bytes = 0;
  std::uint64_t length_bytes = 0;  ///< the new size of a truncate
  bool direct = false;
  bool append = false;
  bool sync = false;
  bool through_open = false;
  std::size_t source = 0;
  std::uint64_t source_offset_bytes = 0;
  std::uint64_t value = 0;       ///< of attributes and data
  zonefs::MountOptions options;  ///< of remount and mount_again
  std::vector<Fault> faults;
};
[[nodiscard]] std::string describe(const Operation& operation);

/// What the generator has to know of an open file.
struct HandleView {
  std::size_t file = 0;
  bool writable = false;
};

/// Chooses operations that make sense in the state of the model, and often enough ones that do not.
/// Each seed has its own taste ("swarm"), so that rare combinations come up.
class OperationGenerator {
 public:
  OperationGenerator(std::uint64_t seed, bool with_faults);

  Operation next(const ReferenceModel& model, const std::vector<HandleView>& handles);

 private:
  Action choose_action(const std::vector<HandleView>& handles);
  void keep_to_blocks(Operation& operation, const ReferenceModel& model, const std::vector<HandleView>& handles) const;
  void choose_odd(Operation& operation, const ReferenceModel& model, const std::vector<HandleView>& handles);
  void choose_write(Operation& operation, const ReferenceModel& model, const std::vector<HandleView>& handles);
  void choose_copy(Operation& operation, const ReferenceModel& model);
  void choose_truncate(Operation& operation, const ReferenceModel& model, const std::vector<HandleView>& handles);
  void choose_options(Operation& operation, const ReferenceModel& model, const std::vector<HandleView>& handles);
  void choose_faults(Operation& operation);
  Fault choose_fault(const Operation& operation);
  std::uint64_t choose_offset(const ModelFile& file, std::uint32_t block);
  std::uint64_t choose_length(const ModelFile& file, std::uint64_t offset, std::uint32_t block);
  std::size_t choose_writable(const std::vector<HandleView>& handles);

  Random random_;
  bool with_faults_;
  std::uint32_t weights_[action_kinds];
  std::uint32_t wrong_percent_;  ///< how often offsets and lengths are wrong
};

}  // namespace zonecopy::test
