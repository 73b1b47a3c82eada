// What a Duel compares beside the answer to a step.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "tests/parity/duel/duel.h"

namespace parity {
namespace {

constexpr useconds_t poll_pause_us = 2000;
constexpr int polls_max = 2500;
constexpr std::int64_t clock_step_ns = 20'000'000;  // the kernel's file times advance with its ticks
// Times that a step has set lie before this, and the present behind it.
constexpr std::int64_t latest_set_second = 1'100'000'000;

std::string attributes(const struct stat& facts) {
  return fmt::format("ino {} mode {:o} nlink {} uid {} gid {} size {} blocks {} blksize {} rdev {}", facts.st_ino,
                     facts.st_mode, facts.st_nlink, facts.st_uid, facts.st_gid, facts.st_size, facts.st_blocks,
                     facts.st_blksize, facts.st_rdev);
}

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }
bool equal(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

struct TimePair {
  const char* name;
  timespec ours, kernel, ours_before, kernel_before;
};

/// A time that was set is equal to the nanosecond. One that is the present's differs; but either both have changed or none.
bool times_differ(const TimePair& pair, const timespec& began) {
  if (pair.ours.tv_sec < latest_set_second || pair.kernel.tv_sec < latest_set_second)
    return !equal(pair.ours, pair.kernel);
  const bool ours_changed = !equal(pair.ours, pair.ours_before);
  const bool kernel_changed = !equal(pair.kernel, pair.kernel_before);
  if (ours_changed == kernel_changed) return false;
  // Changed twice within a tick of the clock looks like not changed.
  const timespec& still = ours_changed ? pair.kernel : pair.ours;
  return nanoseconds(still) < nanoseconds(began) - clock_step_ns;
}

/// Opened for this reading, and closed again.
struct ReadOnlyFile {
  explicit ReadOnlyFile(const std::string& path)
      : fd(open(path.c_str(), O_RDONLY | O_CLOEXEC)), error(fd < 0 ? errno : 0) {}
  ~ReadOnlyFile() {
    if (fd >= 0) close(fd);
  }
  ReadOnlyFile(const ReadOnlyFile&) = delete;
  ReadOnlyFile& operator=(const ReadOnlyFile&) = delete;

  [[nodiscard]] Outcome read(const PageMemory& memory, std::uint64_t offset) const {
    Outcome outcome = outcome_of(pread(fd, memory.data(), memory.size(), static_cast<off_t>(offset)));
    if (outcome.result > 0) outcome.data = {memory.data(), static_cast<std::size_t>(outcome.result)};
    return outcome;
  }
  int fd;
  int error;
};

}  // namespace

Duel::Difference Duel::compare_facts(const std::string& path, int slot) {
  struct stat ours {};
  struct stat kernel {};
  Outcome ours_outcome = ours_.facts(path, slot, ours);
  Outcome kernel_outcome = kernel_.facts(path, slot, kernel);
  if (ours_outcome.result == 0 && lies(Canary::size)) ours.st_size += 512;
  if (ours_outcome.result == 0 && lies(Canary::mode)) ours.st_mode ^= 1U;
  if (ours_outcome.result == 0) ours_outcome.words = attributes(ours);
  if (kernel_outcome.result == 0) kernel_outcome.words = attributes(kernel);
  const std::string difference = compare(ours_outcome, kernel_outcome);
  if (!difference.empty()) return fmt::format("{} of \"{}\": {}", slot >= 0 ? "fstat" : "lstat", path, difference);
  return kernel_outcome.result == 0 ? compare_times(path, ours, kernel) : std::nullopt;
}

Duel::Difference Duel::compare_times(const std::string& path, const struct stat& ours, const struct stat& kernel) {
  if (!times_count_) return std::nullopt;
  const Times now = {ours.st_mtim, ours.st_ctim, kernel.st_mtim, kernel.st_ctim};
  const auto [place, is_new] = times_.try_emplace(std::to_string(kernel.st_ino), now);
  const Times before = std::exchange(place->second, now);
  if (is_new || vague_times_.contains(path)) return std::nullopt;
  const TimePair pairs[] = {
      {"mtime", now.ours_modified, now.kernel_modified, before.ours_modified, before.kernel_modified},
      {"ctime", now.ours_changed, now.kernel_changed, before.ours_changed, before.kernel_changed}};
  for (const TimePair& pair : pairs) {
    if (!times_differ(pair, step_began_)) continue;
    return fmt::format("{} of \"{}\": ours {}.{:09}, before {}.{:09}; the kernel's {}.{:09}, before {}.{:09}",
                       pair.name, path, pair.ours.tv_sec, pair.ours.tv_nsec, pair.ours_before.tv_sec,
                       pair.ours_before.tv_nsec, pair.kernel.tv_sec, pair.kernel.tv_nsec, pair.kernel_before.tv_sec,
                       pair.kernel_before.tv_nsec);
  }
  return std::nullopt;
}

/// The daemon hears of a close when close(2) has returned, so a difference has a while to go away.
Duel::Difference Duel::compare_counters(bool limits) {
  const std::string kernel = kernel_.place().counters(limits);
  std::string ours;
  for (int polls = 0; polls < polls_max; ++polls) {
    ours = ours_.place().counters(limits);
    if (lies(Canary::counters)) ours += "0";
    if (ours == kernel) return std::nullopt;
    usleep(poll_pause_us);
  }
  return fmt::format("counters: ours {}; the kernel's {}", ours, kernel);
}

Duel::Difference Duel::compare_all() {
  scene_.look_again();
  for (const char* directory : {"", "cnv", "seq"}) {
    for (const Call call : {Call::list, Call::statfs}) {
      if (call == Call::statfs && spec_.ours.shared) continue;  // it tells of all devices
      Step step;
      step.call = call;
      step.path = directory;
      const Outcome kernel = kernel_.perform(step);
      const Outcome ours = ours_.perform(step);
      const std::string difference = compare(ours, kernel);
      if (!difference.empty() && !is_known({step, scene_, ours, kernel}))
        return fmt::format("{} of \"{}\": {}", name_of(call), directory, difference);
    }
    if (Difference found = compare_facts(directory, -1)) return found;
  }
  for (const ZoneFile& file : scene_.files) {
    if (Difference found = compare_facts(file.path, -1)) return found;
    if (Difference found = compare_content(file)) return found;
  }
  if (Difference found = compare_counters(true)) return found;
  return compare_zones("mounted");
}

Duel::Difference Duel::compare_content(const ZoneFile& file) {
  const ReadOnlyFile ours(ours_.path(file.path));
  const ReadOnlyFile kernel(kernel_.path(file.path));
  if (ours.error != kernel.error)
    return fmt::format("open of \"{}\" to read: ours {}, the kernel's {}", file.path, strerrorname_np(ours.error),
                       strerrorname_np(kernel.error));
  for (std::uint64_t offset = 0;; offset += content_[0].size()) {
    Outcome ours_part = ours.read(content_[0], offset);
    const Outcome kernel_part = kernel.read(content_[1], offset);
    if (ours_part.result > 0 && lies(Canary::content)) content_[0].data()[ours_part.result - 1] ^= std::byte{1};
    const std::string difference = compare(ours_part, kernel_part);
    Step step;
    step.call = Call::pread;
    step.path = file.path;
    if (!difference.empty() && is_known({step, scene_, ours_part, kernel_part})) return std::nullopt;
    if (!difference.empty()) return fmt::format("content of \"{}\" at {}: {}", file.path, offset, difference);
    if (kernel_part.result < static_cast<std::int64_t>(content_[0].size())) return std::nullopt;
  }
}

Duel::Difference Duel::compare_zones(const char* when) {
  std::string ours = ours_.place().zone_report();
  const std::string kernel = kernel_.place().zone_report();
  if (lies(Canary::zones)) ours += "?";
  if (ours == kernel) return std::nullopt;
  return fmt::format("zones, {} (number:condition:written sectors): ours {}; the kernel's {}", when, ours, kernel);
}

/// zonefs loses what was written through the page cache if an error has made the mount read-only before it is unmounted
/// (sync_filesystem passes over such mounts). We have no such cache.
void Duel::write_back() {
  for (const ZoneFile& file : scene_.files) {
    if (file.sequential) continue;
    for (Side* side : {&ours_, &kernel_}) {
      const ReadOnlyFile open_file(side->path(file.path));
      fsync(open_file.fd);
    }
  }
}

Duel::Difference Duel::finish() {
  if (Difference found = compare_all()) return found;
  write_back();
  for (Side* side : {&ours_, &kernel_}) {
    side->close_all();
    side->place().unmount();
  }
  mounted_ = false;
  if (spec_.ours.shared) return std::nullopt;
  return compare_zones("unmounted");
}

// --- canaries

std::optional<Canary> canary_of(const std::string& name) {
  constexpr std::array<const char*, 10> names = {"none", "result", "error",    "data",    "words",
                                                 "size", "mode",   "counters", "content", "zones"};
  const auto* const found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Canary>(found - names.begin());
}

bool Duel::lies(Canary kind) {
  if (spec_.canary != kind || number_ < spec_.canary_from) return false;
  lied_ = true;
  return true;
}

void Duel::lie(const Step& step, Outcome& ours) {
  if (lied_) return;
  if (is_write(step.call) && ours.result > 0 && lies(Canary::result)) --ours.result;
  if (ours.result < 0 && lies(Canary::error)) ++ours.error;
  if (!ours.data.empty() && lies(Canary::data)) const_cast<std::byte&>(ours.data.back()) ^= std::byte{1};
  if (!ours.words.empty() && lies(Canary::words)) ours.words += "?";
}

}  // namespace parity
