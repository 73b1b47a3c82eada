// Carries a gather out, step by step: progress, pace and stop are looked after between two steps.
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "src/gather/by_copy_file_range.h"
#include "src/gather/by_device_copy.h"
#include "src/gather/by_gather_call.h"
#include "src/gather/by_read_write.h"
#include "src/gather/idle_priority.h"
#include "src/gather/prepared.h"
#include "zonecopy/throttle.h"

namespace zonecopy::gather {
namespace {

class Execution {
 public:
  Execution(Prepared prepared, StepClock& clock)
      : prepared_(std::move(prepared)), clock_(clock), read_write_(prepared_.unit_bytes, prepared_.offset_bytes) {
    if (work().options.bytes_per_second != 0) rate_.emplace(work().options.bytes_per_second);
  }

  std::vector<GatherReport> run() {
    const IdlePriority idle(work().options.background);
    StepCutter cutter(prepared_.places, prepared_.offset_bytes);
    while (!cutter.empty() && !live().empty() && !work().stopped()) {
      const Step step = cutter.next(step_limits(prepared_, prepared_.routes[cutter.group()]));
      wait_for_turn(step.bytes);
      if (work().stopped()) break;
      carry_out(step);
      tell_progress();
    }
    std::vector<GatherReport> reports;
    for (Track& track : prepared_.tracks) {
      end(track);
      reports.push_back(track.tally.report());
    }
    return reports;
  }

 private:
  [[nodiscard]] const Work& work() const { return prepared_.work; }

  std::vector<Track*> live() {
    std::vector<Track*> tracks;
    for (Track& track : prepared_.tracks) {
      if (track.live()) tracks.push_back(&track);
    }
    return tracks;
  }

  void carry_out(const Step& step) {
    const Route& route = prepared_.routes[step.group];
    const std::vector<Track*> tracks = live();
    for (Track* const track : tracks) track->tally.note_reason(route.not_offloaded_because);
    switch (route.kind) {
      case Route::Kind::engine: return copy_by_engine(work(), step.parts, tracks);
      case Route::Kind::read_write: return read_write_.copy(work(), step.parts, tracks);
      case Route::Kind::gather_call:
        for (Track* const track : tracks) ask_mount(step.parts, *track);
        return;
      case Route::Kind::copy_file_range: return ask_kernel(step.parts, *tracks.front());
    }
  }

  void ask_mount(const std::vector<Part>& parts, Track& track) {
    const std::vector<Part> not_known = copy_by_gather_call(work(), parts, track);
    if (!not_known.empty()) ask_kernel(not_known, track);
  }

  void ask_kernel(const std::vector<Part>& parts, Track& track) {
    std::vector<Part> refused = copy_by_copy_file_range(work(), parts, track);
    if (refused.empty()) return;
    Track* const tracks[] = {&track};
    read_write_.copy(work(), std::move(refused), tracks);
  }

  void tell_progress() {
    if (!work().options.progress) return;
    GatherProgress progress;
    progress.total_bytes = prepared_.total_bytes;
    for (const Track& track : prepared_.tracks)
      progress.done_bytes = std::max(progress.done_bytes, track.tally.bytes());
    work().options.progress(progress);
  }

  /// Until a step of `bytes` may begin. A stop ends it.
  void wait_for_turn(std::uint64_t bytes) {
    using std::chrono::nanoseconds;
    constexpr nanoseconds look_at_stop = std::chrono::milliseconds(50);
    if (!rate_) return;
    const nanoseconds due(rate_->take(bytes, clock_.now().count()));
    for (nanoseconds left = due - clock_.now(); left.count() > 0 && !work().stopped(); left = due - clock_.now()) {
      clock_.sleep(std::min(left, look_at_stop));
    }
  }

  void end(Track& track) const {
    if (!track.live() || track.tally.complete()) return;
    if (work().stopped()) {
      track.tally.fail(track.file->make_error(EINTR, "stopped, as was asked for"));
    } else {
      track.tally.fail(track.file->make_error(EIO, "it ended early, and nothing says why"));
    }
  }

  Prepared prepared_;
  StepClock& clock_;
  std::optional<RateLimit> rate_;  ///< nothing where there is no limit
  ReadWrite read_write_;
};

}  // namespace

std::vector<GatherReport> carry_out(Prepared prepared, StepClock& clock) {
  return Execution(std::move(prepared), clock).run();
}

}  // namespace zonecopy::gather
