#include "tests/parity/duel/duel.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstring>

#include "tests/parity/duel/step_maker.h"
#include "tests/support/random.h"

namespace parity {
namespace {

constexpr std::size_t random_bytes = std::size_t{12} << 20U;
constexpr std::size_t content_bytes = std::size_t{1} << 20U;
constexpr std::size_t history_max = 10;
constexpr std::uint64_t all_steps = 250;  // after so many all is compared

void fill(const PageMemory& memory, std::uint64_t seed) {
  zonecopy::test::Random random(seed);
  for (std::size_t at = 0; at < memory.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t value = random.next();
    std::memcpy(memory.data() + at, &value, sizeof value);
  }
}

/// What is done to, or told of, all devices of a mount at once; another duel may go on beside this one.
bool concerns_whole_mount(Call call) {
  return call == Call::remount || call == Call::mount_again || call == Call::statfs || call == Call::drop_caches;
}

}  // namespace

Duel::Duel(const DuelSpec& spec)
    : spec_(spec),
      random_data_(random_bytes),
      ours_(MountPlace(spec.ours), random_data_),
      kernel_(MountPlace(spec.kernel), random_data_),
      content_{PageMemory(content_bytes), PageMemory(content_bytes)} {
  fill(random_data_, spec.seed);
  for (Side* side : {&ours_, &kernel_}) {
    side->place().format();
    side->place().mount(spec.options);
  }
  mounted_ = true;
  scene_.kernel_mount = spec.kernel.mount_point;
  scene_.zone_bytes = kernel_.place().zone_bytes();
  scene_.can_fault = !spec.kernel.fault_folder.empty() && !spec.ours.fault_folder.empty();
  scene_.slots.resize(slots_max);
  scene_.options = spec.options;
  scene_.explore();
}

Duel::~Duel() {
  if (!mounted_) return;
  for (Side* side : {&ours_, &kernel_}) {
    side->close_all();
    try {
      side->place().unmount();
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}\n", error.what());
    }
  }
}

Duel::Difference Duel::play(std::uint64_t number) {
  number_ = number;
  scene_.look_again();
  const Step step = StepMaker(spec_.seed, number, scene_).make();
  if (!is_playable(step)) return std::nullopt;
  // The clock of the kernel's file times, which can be far behind in a guest that is short of time.
  clock_gettime(CLOCK_REALTIME_COARSE, &step_began_);

  if (step.call == Call::mount_again) write_back();
  const Outcome kernel = kernel_.perform(step);
  Outcome ours = ours_.perform(step);
  lie(step, ours);
  history_.push_back(fmt::format("{:5} {} = {}", number, describe(step), describe(kernel)));
  if (history_.size() > history_max) history_.pop_front();
  note(step, kernel);

  const std::string difference = compare(ours, kernel);
  if (!difference.empty() && !is_known({step, scene_, ours, kernel})) return difference;
  follow(step, kernel);
  if (Difference found = compare_step(step)) return found;
  return number % all_steps == all_steps - 1 ? compare_all() : std::nullopt;
}

bool Duel::is_playable(const Step& step) {
  if (spec_.ours.shared && concerns_whole_mount(step.call)) return false;
  for (const UnplayableStep& known : unplayable_steps()) {
    if (!known.covers(step, scene_)) continue;
    ++encounters_[fmt::format("not played: {}", known.name)];
    return false;
  }
  return true;
}

bool Duel::is_known(const Encounter& met) {
  for (const KnownDifference& known : known_differences()) {
    if (!known.covers(met)) continue;
    ++encounters_[known.name];
    // Steps to come begin at the same position on both sides.
    if (met.step.slot >= 0) {
      const off_t position = lseek(kernel_.fd(met.step.slot), 0, SEEK_CUR);
      if (position >= 0) lseek(ours_.fd(met.step.slot), position, SEEK_SET);
    }
    return true;
  }
  return false;
}

void Duel::note(const Step& step, const Outcome& kernel) {
  ++answers_[fmt::format("{}: {}", name_of(step.call), kernel.result < 0 ? strerrorname_np(kernel.error) : "ok")];
}

/// What the step has changed of the scene.
void Duel::follow(const Step& step, const Outcome& kernel) {
  const bool succeeded = kernel.result >= 0;
  if (step.call == Call::open || step.call == Call::close) {
    Slot& slot = scene_.slots.at(static_cast<std::size_t>(step.slot));
    slot = Slot();
    if (step.call == Call::open && succeeded) slot = {true, step.path, scene_.find(step.path), step.flags};
  }
  if (step.call == Call::set_flags && succeeded) {
    constexpr int changeable = O_APPEND | O_DIRECT | O_NONBLOCK;
    Slot& slot = scene_.slots.at(static_cast<std::size_t>(step.slot));
    slot.flags = (slot.flags & ~changeable) | (step.flags & changeable);
  }
  if (step.call == Call::mount_again) {
    scene_.slots.assign(slots_max, Slot());
    times_.clear();
    vague_times_.clear();
    times_count_ = true;
  }
  if (step.call == Call::drop_caches) times_count_ = false;
  if (step.call == Call::bad_zone) ++scene_.bad_zones;
  const bool mapped_write =
      step.call == Call::map && step.variant == Variant::map_write && (step.flags & MAP_SHARED) != 0;
  const bool queued_write = step.call == Call::aio_write || step.call == Call::uring_write;
  const bool truncating_reader =
      step.call == Call::open && (step.flags & O_TRUNC) != 0 && (step.flags & O_ACCMODE) == O_RDONLY;
  const bool by_path = step.call == Call::truncate;
  const bool after_open =
      by_path && (step.path == last_opened_ || step.as_other_user);  // others lose a set-user-ID bit
  if (mapped_write || (queued_write && !succeeded) || truncating_reader || after_open) vague_times_.insert(step.path);
  if (step.call == Call::open && succeeded && (step.flags & O_ACCMODE) != O_RDONLY) last_opened_ = step.path;
  if (after_open) last_opened_.clear();
  if (step.call == Call::set_times && succeeded && step.other_nanoseconds != UTIME_OMIT) vague_times_.erase(step.path);
}

Duel::Difference Duel::compare_step(const Step& step) {
  if (Difference found = compare_facts(step.path, -1)) return found;
  if (step.slot >= 0 && ours_.fd(step.slot) >= 0) {
    if (Difference found = compare_facts(step.path, step.slot)) return found;
  }
  if (!step.other_path.empty()) {
    if (Difference found = compare_facts(step.other_path, -1)) return found;
  }
  return compare_counters(false);
}

}  // namespace parity
