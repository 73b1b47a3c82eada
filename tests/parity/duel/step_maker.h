// Chooses steps: sensible ones in the present scene, and often enough ones that are not.
#pragma once

#include "tests/parity/duel/scene.h"
#include "tests/parity/duel/step.h"
#include "tests/support/random.h"

namespace parity {

/// Makes the step of one number. It depends on the seed, the number and the scene, not on steps before: what goes wrong can be replayed with
/// most steps left out.
class StepMaker {
 public:
  StepMaker(std::uint64_t seed, std::uint64_t number, const Scene& scene);

  [[nodiscard]] Step make();

 private:
  Call choose_call();
  void fill(Step& step);

  void open(Step& step);
  void close(Step& step);
  void transfer(Step& step);
  void place_write(Step& step, std::size_t file);
  void place_read(Step& step, std::size_t file);
  void divide(Step& step, bool direct);
  void break_device(Step& step, std::size_t file);
  void truncate(Step& step);
  void seek(Step& step);
  void sync(Step& step);
  void set_flags(Step& step);
  void map(Step& step);
  void copy(Step& step);
  void attributes(Step& step);
  void name(Step& step);
  void extended_attribute(Step& step);
  void control(Step& step);
  void remount(Step& step);
  void bad_zone(Step& step);

  /// An open file (a writable one, if there is); false, and the step an open one, where there is none.
  bool use_slot(Step& step, bool writable);
  void use_path(Step& step);
  void use_slot_or_path(Step& step);
  std::string some_path();
  std::string mount_options(bool again);
  [[nodiscard]] std::uint64_t blocks(std::uint64_t count) const { return count * scene_.block_bytes; }
  template <typename Value>
  Value one_of(std::initializer_list<Value> values) {
    return values.begin()[random_.below(values.size())];
  }

  zonecopy::test::Random random_;
  std::uint64_t seed_;
  const Scene& scene_;
};

}  // namespace parity
