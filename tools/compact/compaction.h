// Carries out a compaction, so that it can be killed at any moment and a second run goes on.
//
// The order is what keeps every live extent safe:
//   1. the plan is written durably beside the map, once for all rounds;
//   2. a round's extents are copied into zones that were empty, which are made durable, and the copies are verified;
//   3. the map is written durably, with the round's lines: from now on the copies count;
//   4. only now the round's victims are reset, and the next round may fill them;
//   5. after the last round the plan is removed.
// How far it came is told by the map alone, whose text after each round follows from the plan.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "tools/compact/contents.h"
#include "tools/compact/filling.h"
#include "tools/compact/plan_file.h"
#include "tools/compact/resetting.h"
#include "zonecopy/gather.h"
#include "zonecopy/result.h"

namespace zonecopy::compact {

[[nodiscard]] std::string plan_name(const std::string& map_path);

/// What an earlier run has left.
struct Remains {
  std::optional<PlanFile> plan;
  std::size_t rounds_in_map = 0;  ///< of the plan; the victims of the last of these may not be reset yet
};
/// Looks at the map and at the plan beside it. EEXIST for a map of a compaction that is finished, or of another one;
/// EINVAL for a damaged plan.
Result<Remains> find_remains(const std::string& map_path);

struct Outcome {
  CopyTotals copied;
  ResetTotals victims;
  std::optional<Error> error;  ///< what ended it early; EINTR for an interrupt
};

class Compaction {
 public:
  /// Told when work begins: "read", "copy", "verify" or "check", and how many bytes it is.
  using BeginPhase = std::function<void(std::string_view phase, std::uint64_t total_bytes)>;

  /// `gatherer` must outlive this.
  Compaction(Gatherer& gatherer, Contents contents, GatherOptions options, std::string map_path,
             std::uint64_t block_size_bytes, BeginPhase begin_phase)
      : gatherer_(gatherer),
        contents_(std::move(contents)),
        options_(std::move(options)),
        map_path_(std::move(map_path)),
        block_size_bytes_(block_size_bytes),
        begin_phase_(std::move(begin_phase)) {}

  /// Reads what is to be copied, for its hashes, and writes the plan. After an error nothing has been changed.
  Status begin(PlanFile& file);
  /// Does what is left after the first `rounds_in_map` rounds.
  Outcome carry_out(const Plan& plan, std::size_t rounds_in_map);

 private:
  Status verify_round(const Round& round);
  Status finish_round(const Plan& plan, std::size_t index, ResetTotals& totals);
  Status copy_round(const Round& round, CopyTotals& totals);
  Status carry_out_rounds(const Plan& plan, std::size_t rounds_in_map, Outcome& outcome);
  [[nodiscard]] Status check_stop() const;

  Gatherer& gatherer_;
  Contents contents_;
  GatherOptions options_;
  std::string map_path_;
  std::uint64_t block_size_bytes_;
  BeginPhase begin_phase_;
};

}  // namespace zonecopy::compact
