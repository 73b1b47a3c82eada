#include "tools/compact/compaction.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "tools/compact/durable_file.h"

namespace zonecopy::compact {
namespace {

Error map_exists_error(const std::string& map_path, const std::string& detail) {
  return Error(EEXIST, "compact", detail).on_device(map_path);
}

std::uint64_t live_bytes_of(const Round& round) {
  std::uint64_t bytes = 0;
  for (const PlannedVictim& victim : round.victims) bytes += victim.live_bytes;
  return bytes;
}

bool is_there(const std::string& path) {
  struct stat facts {};
  return lstat(path.c_str(), &facts) == 0;
}

}  // namespace

std::string plan_name(const std::string& map_path) { return map_path + ".plan"; }

Result<Remains> find_remains(const std::string& map_path) {
  const std::string plan_path = plan_name(map_path);
  const Result<std::optional<std::string>> plan_text = read_own_if_there(plan_path);
  if (!plan_text) return plan_text.error();
  if (!*plan_text) {
    if (!is_there(map_path)) return Remains();
    return map_exists_error(map_path,
                            "it exists, and no plan beside it says that it is unfinished; move it away or give another "
                            "--map");
  }
  Result<PlanFile> plan = parse_plan_file(**plan_text);
  if (!plan) return plan.error().on_device(plan_path);
  const Result<std::optional<std::string>> map = read_own_if_there(map_path);
  if (!map) return map.error();
  const std::optional<std::size_t> rounds = rounds_in_map(plan->plan, *map);
  if (!rounds) return map_exists_error(map_path, "it is not the map of the plan beside it");
  return Remains{std::move(*plan), *rounds};
}

Status Compaction::begin(PlanFile& file) {
  if (const Status writable = check_writable(map_path_); !writable) return writable;
  begin_phase_("read", totals_of(file.plan).bytes);
  const Status hashed = read_hashes(contents_, block_size_bytes_, file.plan);
  if (!hashed) return hashed;
  return write_durably(plan_name(map_path_), to_text(file), IfThere::refuse);
}

Outcome Compaction::carry_out(const Plan& plan, std::size_t rounds_in_map) {
  Outcome outcome;
  Status done = carry_out_rounds(plan, rounds_in_map, outcome);
  if (done) done = remove_durably(plan_name(map_path_));
  if (!done) outcome.error = done.error();
  return outcome;
}

Status Compaction::carry_out_rounds(const Plan& plan, std::size_t rounds_in_map, Outcome& outcome) {
  if (rounds_in_map > 0) {
    // The run that has written this part of the map may have come no further.
    if (const Status safe = verify_round(plan.rounds[rounds_in_map - 1]); !safe) return safe;
    const Status reset = finish_round(plan, rounds_in_map - 1, outcome.victims);
    if (!reset) return reset;
  }
  for (std::size_t i = rounds_in_map; i < plan.rounds.size(); ++i) {
    if (const Status copied = copy_round(plan.rounds[i], outcome.copied); !copied) return copied;
    if (const Status go_on = check_stop(); !go_on) return go_on;
    const Status mapped = write_durably(map_path_, map_text(plan, i + 1), IfThere::replace);
    if (!mapped) return mapped;
    if (const Status reset = finish_round(plan, i, outcome.victims); !reset) return reset;
  }
  return {};
}

Status Compaction::copy_round(const Round& round, CopyTotals& totals) {
  begin_phase_("copy", live_bytes_of(round));
  for (const Filling& filling : round.fillings) {
    const Result<std::uint64_t> begun = check_begun(contents_, filling);
    if (!begun) return begun.error();
    if (const Status go_on = check_stop(); !go_on) return go_on;
    const Status filled = fill(contents_, gatherer_, filling, *begun, options_, totals);
    if (!filled) return filled;
  }
  return verify_round(round);
}

Status Compaction::verify_round(const Round& round) {
  begin_phase_("verify", live_bytes_of(round));
  for (const Filling& filling : round.fillings) {
    if (const Status same = verify(contents_, filling); !same) return same;
  }
  return {};
}

Status Compaction::finish_round(const Plan& plan, std::size_t index, ResetTotals& totals) {
  if (const Status go_on = check_stop(); !go_on) return go_on;
  begin_phase_("check", live_bytes_of(plan.rounds[index]));
  const Round* const next = index + 1 < plan.rounds.size() ? &plan.rounds[index + 1] : nullptr;
  return reset_victims(contents_, plan.rounds[index], next, block_size_bytes_, totals);
}

Status Compaction::check_stop() const {
  if (options_.stop == nullptr || !options_.stop->load()) return {};
  return Error(EINTR, "compact");
}

}  // namespace zonecopy::compact
