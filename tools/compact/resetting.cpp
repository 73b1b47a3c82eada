#include "tools/compact/resetting.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "tools/compact/filling.h"

namespace zonecopy::compact {
namespace {

using MovesByVictim = std::map<ZoneNumber, std::vector<const Move*>>;

MovesByVictim moves_by_victim(const Round& round) {
  MovesByVictim moves;
  for (const Filling& filling : round.fillings) {
    for (const Move& move : filling.moves) moves[move.old_zone].push_back(&move);
  }
  return moves;
}

/// Whether all live extents of the victim, and the samples of the rest, are as they were when the plan was made.
Result<bool> same_as_planned(Contents& contents, const PlannedVictim& victim, const std::vector<const Move*>& moves,
                             std::uint64_t block_size_bytes) {
  const Result<std::uint64_t> sample = contents.sample(victim.zone, victim.size_bytes, block_size_bytes);
  if (!sample) return sample.error();
  if (*sample != victim.sample_xxh3) return false;
  for (const Move* move : moves) {
    const Result<std::uint64_t> hash = contents.hash(move->old_zone, move->old_offset_bytes, move->length_bytes);
    if (!hash) return hash.error();
    if (*hash != move->xxh3) return false;
  }
  return true;
}

Result<VictimFate> find_fate(Contents& contents, const PlannedVictim& victim, const std::vector<const Move*>& moves,
                             std::uint64_t block_size_bytes) {
  const Result<std::uint64_t> before = contents.size_bytes(victim.zone);
  if (!before) return before.error();
  if (*before != victim.size_bytes) return fate_of(victim, *before, false);
  const Result<bool> same = same_as_planned(contents, victim, moves, block_size_bytes);
  if (!same) return same.error();
  // Once more, as late as possible: somebody may append to it while it is read.
  const Result<std::uint64_t> size_bytes = contents.size_bytes(victim.zone);
  if (!size_bytes) return size_bytes.error();
  return fate_of(victim, *size_bytes, *same);
}

/// Whether an earlier run has reset the victim already, and begun to fill it in the next round.
bool is_filled_again(Contents& contents, ZoneNumber zone, const Round* next) {
  if (next == nullptr) return false;
  const auto is_same = [zone](const Filling& filling) { return filling.zone == zone; };
  const auto filling = std::find_if(next->fillings.begin(), next->fillings.end(), is_same);
  return filling != next->fillings.end() && check_begun(contents, *filling).ok();
}

Status reset(Contents& contents, ZoneNumber zone, ResetTotals& totals) {
  const std::string path = contents.path_of(zone);
  if (truncate(path.c_str(), 0) == 0) {
    totals.reset.push_back(zone);
    return {};
  }
  const int code = errno;
  // Of this zone alone, which has failed or may not be written: the others go on, and it keeps the old contents.
  const bool of_zone = code == EIO || code == EPERM || code == EACCES;
  if (!of_zone) return Error(code, "reset").on_device(path);
  totals.left_alone.push_back({zone, std::string("it could not be reset: ") + strerrordesc_np(code)});
  return {};
}

}  // namespace

VictimFate fate_of(const PlannedVictim& victim, std::uint64_t size_bytes, bool same) {
  if (size_bytes == 0) return VictimFate::empty_already;
  return size_bytes == victim.size_bytes && same ? VictimFate::reset : VictimFate::leave;
}

Status reset_victims(Contents& contents, const Round& round, const Round* next, std::uint64_t block_size_bytes,
                     ResetTotals& totals) {
  MovesByVictim moves = moves_by_victim(round);
  for (const PlannedVictim& victim : round.victims) {
    const Result<VictimFate> fate = find_fate(contents, victim, moves[victim.zone], block_size_bytes);
    if (!fate) return fate.error();
    if (*fate == VictimFate::reset) {
      if (const Status done = reset(contents, victim.zone, totals); !done) return done;
    } else if (*fate == VictimFate::leave && !is_filled_again(contents, victim.zone, next)) {
      totals.left_alone.push_back(
          {victim.zone,
           "it is not reset: somebody has written to it since the plan was made; its live extents were "
           "copied"});
    }
  }
  return {};
}

}  // namespace zonecopy::compact
