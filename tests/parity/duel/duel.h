// Plays steps on both mounts and compares, after each, all that can be seen.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "tests/parity/duel/known_differences.h"
#include "tests/parity/duel/scene.h"
#include "tests/parity/duel/side.h"

namespace parity {

/// Which lie a comparison is to find, to show that it can.
enum class Canary : std::uint8_t { none, result, error, data, words, size, mode, counters, content, zones };
[[nodiscard]] std::optional<Canary> canary_of(const std::string& name);

struct DuelSpec {
  PlaceSpec ours;
  PlaceSpec kernel;
  std::uint64_t seed = 1;
  std::string options = "rw";
  Canary canary = Canary::none;
  std::uint64_t canary_from = 0;  ///< number of the first step that may be lied about
};

/// How often each known difference was met, and how often a step was left out.
using Encounters = std::map<std::string, std::uint64_t>;

class Duel {
 public:
  using Difference = std::optional<std::string>;

  /// Formats and mounts; the destructor unmounts.
  explicit Duel(const DuelSpec& spec);
  ~Duel();
  Duel(const Duel&) = delete;
  Duel& operator=(const Duel&) = delete;

  [[nodiscard]] Difference play(std::uint64_t number);
  /// All files, directories and zones.
  [[nodiscard]] Difference compare_all();
  /// Unmounts both, and compares what they leave on the devices.
  [[nodiscard]] Difference finish();

  [[nodiscard]] const std::deque<std::string>& history() const { return history_; }
  [[nodiscard]] const Encounters& encounters() const { return encounters_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& answers() const { return answers_; }

 private:
  struct Times {
    timespec ours_modified, ours_changed, kernel_modified, kernel_changed;
  };

  bool is_playable(const Step& step);
  void lie(const Step& step, Outcome& ours);
  bool lies(Canary kind);
  bool is_known(const Encounter& met);
  void note(const Step& step, const Outcome& kernel);
  void follow(const Step& step, const Outcome& kernel);
  Difference compare_facts(const std::string& path, int slot);
  Difference compare_times(const std::string& path, const struct stat& ours, const struct stat& kernel);
  Difference compare_counters(bool limits);
  Difference compare_content(const ZoneFile& file);
  Difference compare_step(const Step& step);
  void write_back();
  Difference compare_zones(const char* when);

  DuelSpec spec_;
  PageMemory random_data_;
  Side ours_;
  Side kernel_;
  Scene scene_;
  PageMemory content_[2];
  std::deque<std::string> history_;
  Encounters encounters_;
  std::map<std::string, std::uint64_t> answers_;  ///< by call and errno: that not all steps are refused alike
  std::map<std::string, Times> times_;
  bool times_count_ = true;
  std::set<std::string> vague_times_;  ///< files whose times may have changed on one side only
  std::string last_opened_;            ///< for writing
  timespec step_began_{};
  std::uint64_t number_ = 0;
  bool mounted_ = false;
  bool lied_ = false;
};

}  // namespace parity
