#include "tools/zonecopy/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tools/zonecopy/text.h"

namespace zonecopy::tools {
namespace {

// The rate is that of so long a time, by samples at least so far apart.
constexpr std::chrono::seconds window(10);
constexpr std::chrono::milliseconds sample_interval(100);

std::uint64_t rounded(double number) {
  constexpr double limit = 1e18;  // what fits into 64 bits, and nobody waits for
  return number >= limit ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(std::llround(number));
}

}  // namespace

ProgressMeter::ProgressMeter(std::string_view phase, std::uint64_t total_bytes, Clock::time_point now)
    : phase_(phase), total_bytes_(total_bytes), samples_{{now, 0}} {}

void ProgressMeter::note(std::uint64_t done_bytes, Clock::time_point now) {
  done_bytes_ = done_bytes;
  if (done_bytes < samples_.back().done_bytes) samples_ = {{now, done_bytes}};
  if (now - samples_.back().time >= sample_interval) samples_.push_back({now, done_bytes});
  // The oldest that is kept is at least as old as the window: else the rate would be that of a moment.
  while (samples_.size() > 2 && now - samples_[1].time >= window) samples_.pop_front();
}

Progress ProgressMeter::progress(Clock::time_point now) const {
  Progress progress{phase_, done_bytes_, total_bytes_, 0, std::nullopt};
  const Sample& oldest = samples_.front();
  const double seconds = std::chrono::duration<double>(now - oldest.time).count();
  const auto moved_bytes = static_cast<double>(done_bytes_ - std::min(oldest.done_bytes, done_bytes_));
  const double rate = seconds > 0 ? moved_bytes / seconds : 0;
  progress.bytes_per_second = rounded(rate);
  const std::uint64_t left_bytes = total_bytes_ - std::min(done_bytes_, total_bytes_);
  if (left_bytes == 0) {
    progress.seconds_left = 0;
  } else if (rate > 0) {
    progress.seconds_left = rounded(std::ceil(static_cast<double>(left_bytes) / rate));
  }
  return progress;
}

std::string duration_text(std::uint64_t seconds) {
  constexpr std::uint64_t minute = 60;
  constexpr std::uint64_t hour = 60 * minute;
  constexpr std::uint64_t day = 24 * hour;
  if (seconds < minute) return fmt::format("{} s", seconds);
  if (seconds < hour) return fmt::format("{} min {} s", seconds / minute, seconds % minute);
  if (seconds < day) return fmt::format("{} h {} min", seconds / hour, seconds % hour / minute);
  return fmt::format("{} d {} h", seconds / day, seconds % day / hour);
}

std::string progress_text(const Progress& progress) {
  const double percent = progress.total_bytes == 0 ? 100.0
                                                   : 100.0 * static_cast<double>(progress.done_bytes) /
                                                         static_cast<double>(progress.total_bytes);
  // 100 % is shown when nothing is left, and not before.
  const int whole_percent = static_cast<int>(std::floor(percent));
  const std::string left =
      progress.seconds_left ? duration_text(*progress.seconds_left) + " left" : "time left unknown";
  return fmt::format("{}: {:3}%  {} of {}  {}/s  {}", progress.phase, whole_percent, human_size(progress.done_bytes),
                     human_size(progress.total_bytes), human_size(progress.bytes_per_second), left);
}

Json progress_json(const Progress& progress) {
  Json json;
  json["phase"] = progress.phase;
  json["done_bytes"] = progress.done_bytes;
  json["total_bytes"] = progress.total_bytes;
  json["bytes_per_second"] = progress.bytes_per_second;
  json["seconds_left"] = progress.seconds_left ? Json(*progress.seconds_left) : Json();
  return json;
}

}  // namespace zonecopy::tools
